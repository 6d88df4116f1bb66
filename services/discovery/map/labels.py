"""Labels that do not collide: each is put where it covers least, or left out."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

_WIDE, _NARROW = frozenset("mwMW@%—…&"), frozenset("iljtfrI.,:;'’|!()-[] ")
_GAP = 2.0
_CELL = 20.0


class Box(NamedTuple):
    """Left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share more than an edge."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is inside."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


class Wanted(NamedTuple):
    """A text of a size, and the points at which its middle may be, the best first."""

    text: str
    size: float
    bold: bool
    at: Sequence[tuple[float, float]]


class Label(NamedTuple):
    """A text with the middle of its base line, and the room that it takes."""

    text: str
    size: float
    bold: bool
    x: float
    y: float
    box: Box


def width_of(text: str, size: float, bold: bool = False) -> float:
    """About how wide a text is in a sans-serif face: rather more than it will be."""
    ems = sum(0.92 if c in _WIDE else 0.38 if c in _NARROW else 0.6 for c in text)
    upper = sum(0.12 for c in text if c.isupper())
    return size * (ems + upper) * (1.1 if bold else 1.0)


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, cut after a word."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    words = cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut
    return words.rstrip(" ,;:-") + "…"


class Labels:
    """A page on which labels are placed one after the other; the first have the choice."""

    def __init__(self, page: Box, points: Iterable[tuple[float, float]]) -> None:
        """`points` are better not covered; each label placed is a box that no other may touch."""
        self._page = page
        self._points: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for x, y in points:
            self._points.setdefault((int(x // _CELL), int(y // _CELL)), []).append((x, y))
        self.placed: list[Label] = []

    def reserve(self, box: Box) -> None:
        """Keep room for something else."""
        self.placed.append(Label("", 0, False, 0, 0, box))

    def place(self, wanted: Wanted, most_covered: int | None = None) -> Label | None:
        """Place a label where it covers fewest points; None where there is no room for it.

        Nor is there where it would cover more than `most_covered`.
        """
        width, height = width_of(wanted.text, wanted.size, wanted.bold), wanted.size * 1.25
        best: tuple[int, Label] | None = None
        for x, y in wanted.at:
            label = self._at(wanted, x, y, width, height)
            if label is None:
                continue
            covered = self._covered(label.box)
            if best is None or covered < best[0]:
                best = (covered, label)
            if not covered:
                break
        if best is None or (most_covered is not None and best[0] > most_covered):
            return None
        self.placed.append(best[1])
        return best[1]

    def _covered(self, box: Box) -> int:
        columns = range(int(box.left // _CELL), int(box.right // _CELL) + 1)
        rows = range(int(box.top // _CELL), int(box.bottom // _CELL) + 1)
        cells = (self._points.get((column, row), ()) for column in columns for row in rows)
        return sum(box.holds(x, y) for points in cells for x, y in points)

    def _at(self, wanted: Wanted, x: float, y: float, width: float, height: float) -> Label | None:
        """The label with its middle there, moved in from the edges; None where one is there."""
        page = self._page
        x = min(max(x, page.left + width / 2), page.right - width / 2)
        y = min(max(y, page.top + height / 2), page.bottom - height / 2)
        box = Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        wide = Box(box.left - _GAP, box.top - _GAP, box.right + _GAP, box.bottom + _GAP)
        if any(wide.overlaps(other.box) for other in self.placed):
            return None
        return Label(wanted.text, wanted.size, wanted.bold, x, y + wanted.size * 0.35, box)
