"""Where a found community has the words that were searched for."""

from collections.abc import Iterator, Set
from dataclasses import dataclass

from services.discovery.index.bag import FIELD_WEIGHTS, field_text
from services.discovery.index.document import Document
from services.discovery.index.language import composed, spots

_LONGEST = 200  # characters of a fragment
_BEFORE = 40  # of which stand before the first match
_MOST = 3


@dataclass(frozen=True, slots=True)
class Highlight:
    """A fragment of a field's text; `matches` are the offsets (start, end) of words in it."""

    field: str
    text: str
    matches: tuple[tuple[int, int], ...]


def highlights(document: Document, stems: Set[str]) -> tuple[Highlight, ...]:
    """Give for up to three fields the fragment that holds most of the words."""
    found = (_highlight(field, field_text(document, field), stems) for field in FIELD_WEIGHTS)
    return tuple(highlight for highlight in found if highlight)[:_MOST]


def _highlight(field: str, text: str, stems: Set[str]) -> Highlight | None:
    text = composed(text)
    places = list(_places(text, stems))
    if not places:
        return None
    first = max(places, key=lambda place: (_held(places, place[0]), -place[0]))[0]
    start, end = _cut(text, first)
    inside = tuple((a - start, b - start) for a, b in places if start <= a and b <= end)
    return Highlight(field, text[start:end], inside)


def _places(text: str, stems: Set[str]) -> Iterator[tuple[int, int]]:
    for spot in spots(text):
        if not stems.isdisjoint(spot.word.stems):
            yield spot.start, spot.end


def _held(places: list[tuple[int, int]], start: int) -> int:
    """How many matches a fragment holds whose first match begins at `start`."""
    return sum(start <= a and b <= start + _LONGEST - _BEFORE for a, b in places)


def _cut(text: str, first: int) -> tuple[int, int]:
    """Cut a fragment round a match, at blanks where it can be, the match itself always whole."""
    start = max(0, first - _BEFORE)
    if start:
        start = max(start, text.find(" ", start, first) + 1)
    end = min(len(text), start + _LONGEST)
    if end < len(text):
        end = max(text.rfind(" ", first, end), first) if " " in text[first:end] else end
    return start, end
