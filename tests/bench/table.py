"""What a benchmark found, and how it is printed."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """One line of the table; `bound` says what keeps the figure from being better."""

    what: str
    figure: str
    peer: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None
    bound: str = ""


def against(
    what: str, ours: float, peer: float, *, of: str, least: float | None = None, bound: str
) -> Line:
    """Hedgerow's rate and its peer's in the same run; `of` is what they count."""
    ratio = ours / peer
    return Line(
        what,
        f"{ours:,.0f} {of}/s",
        f"{peer:,.0f} {of}/s",
        f"{ratio:.2f}",
        f"≥ {least:g} ×" if least else "",
        ratio >= least if least else None,
        bound,
    )


def at_least(what: str, found: float, least: float, *, of: str, bound: str) -> Line:
    """A rate of Hedgerow's alone."""
    return Line(what, f"{found:,.0f} {of}/s", "", "", f"≥ {least:,.0f}", found >= least, bound)


def at_most(what: str, found: float, most: float, *, unit: str, bound: str, also: str = "") -> Line:
    """A figure that should be small; `also` tells more of it."""
    figure = f"{found:,.0f} {unit}{also}"
    return Line(what, figure, "", "", f"≤ {most:,.0f} {unit}", found <= most, bound)


_HEADINGS = Line("", "Hedgerow", "peer", "ratio", "target", None, "bounded by")
_MET = {None: "", True: "met", False: "missed"}


def table(lines: Iterable[Line]) -> str:
    """All lines with their columns aligned."""
    rows = [_cells(line) for line in (_HEADINGS, *lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _cells(line: Line) -> Sequence[str]:
    return (*line[:5], _MET[line.met], line.bound)
