"""The words that two texts share, as people write them: alone or next to one another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from services.discovery.index.bag import FIELD_WEIGHTS, field_text
from services.discovery.index.document import Document
from services.discovery.index.language import Spot, composed, parts, spots
from services.discovery.index.vague import IsCommon, say_something

_LONGEST = 4
_LEAST_SHARE = 0.05
# A word at the end of a phrase is cut off when it weighs less than this part of the heaviest,
# unless its share would be worth telling alone.
_LEAST_AT_ENDS = 0.25
_LINKING_WORDS = 2
_REMEMBERED_TEXTS = 1_000

Plain = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Shared words that stand together, and the field where they were found first."""

    text: str
    field: str
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A shared word in a text: what it is compared by, and its place."""

    key: str
    stems: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Wording:
    """How the communities write: which stems most write in small letters, and which very many
    use."""

    plain: Plain
    is_common: IsCommon


def phrases(
    found: Document,
    asked: Document,
    shares: Mapping[str, float],
    wording: Wording,
    *,
    most: int,
    vague: bool = False,
) -> list[Phrase]:
    """Choose the shared words that weigh most, in the wording of `found`, heaviest first.

    Words are joined to a phrase where both documents write them next to one another. What is
    chosen has a share of the score of its own: at least 5 %, or else it is the heaviest. Words
    that name no subject are left out, unless `vague` ones are wanted too.
    """
    links = {link for _, text in _texts(asked) for link in _links(text)}
    candidates: dict[frozenset[str], Phrase] = {}  # by stems: of the same words, the first written
    for field, text in _texts(found):
        for phrase in _candidates(field, text, shares, links, wording.plain):
            if vague or say_something(phrase.stems, wording.is_common):
                candidates.setdefault(phrase.stems, phrase)
    chosen: list[Phrase] = []
    told: set[str] = set()
    while candidates and len(chosen) < most:
        best = min(candidates.values(), key=lambda p: (-_new(p, shares, told), len(p.text), p.text))
        new = _new(best, shares, told)
        if not new or (chosen and new < _LEAST_SHARE):
            break
        chosen.append(best)
        told |= best.stems
    return chosen


def _new(phrase: Phrase, shares: Mapping[str, float], told: set[str]) -> float:
    """Give the share of the score that a phrase adds to what is told already."""
    return round(sum(shares[stem] for stem in sorted(phrase.stems - told)), 9)


def _texts(document: Document) -> Iterator[tuple[str, str]]:
    for field in FIELD_WEIGHTS:
        yield field, composed(field_text(document, field))


def _candidates(
    field: str,
    text: str,
    shares: Mapping[str, float],
    links: set[tuple[str, str, str]],
    plain: Plain,
) -> Iterator[Phrase]:
    """Give every run of up to four shared words that the other document links likewise."""
    units = _units(text, shares)
    for first in range(len(units)):
        for last in range(first, min(first + _LONGEST, len(units))):
            if last > first and _link(text, units[last - 1], units[last]) not in links:
                break
            run = units[first : last + 1]
            weights = [sum(shares[stem] for stem in unit.stems) for unit in run]
            if min(weights[0], weights[-1]) < min(_LEAST_AT_ENDS * max(weights), _LEAST_SHARE):
                continue
            stems = frozenset(stem for unit in run for stem in unit.stems)
            yield Phrase(_written(text, run, plain), field, stems)


def _units(text: str, shares: Mapping[str, float]) -> list[_Unit]:
    """Find the shared words of a text; a hyphenated one whole, or else its shared parts."""
    units: list[_Unit] = []
    for spot in _content(text):
        stems = spot.word.stems
        if stems[-1] in shares:
            units.append(_unit(spot, shares))
        elif spot.word.hyphenated and not shares.keys().isdisjoint(stems):
            of_it = (part for part in parts(text, spot) if part.word.stems)
            units.extend(_unit(part, shares) for part in of_it if part.word.stems[-1] in shares)
    return units


def _unit(spot: Spot, shares: Mapping[str, float]) -> _Unit:
    stems = spot.word.stems
    shared = stems if len(stems) == 1 else tuple(stem for stem in stems if stem in shares)
    return _Unit(stems[-1], shared, spot.start, spot.end)


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def _content(text: str) -> tuple[Spot, ...]:
    """Find the words of a text that say something: all but the stop words."""
    return tuple(spot for spot in spots(text) if spot.word.stems)


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def _links(text: str) -> frozenset[tuple[str, str, str]]:
    """Find what follows what in a text."""
    units = (_Unit(spot.word.stems[-1], (), spot.start, spot.end) for spot in _content(text))
    links = (_link(text, before, after) for before, after in pairwise(units))
    return frozenset(link for link in links if link)


def _link(text: str, before: _Unit, after: _Unit) -> tuple[str, str, str] | None:
    """Say how two words follow one another: directly, or by words like "of"; else None."""
    between = text[before.end : after.start].casefold().split()
    if len(between) > _LINKING_WORDS or not all(word.isalpha() for word in between):
        return None
    return (before.key, " ".join(between), after.key)


def _written(text: str, run: Sequence[_Unit], plain: Plain) -> str:
    """Write a run as the text does, but a capital that only begins a sentence or a title small."""
    pieces: list[str] = []
    at = run[0].start
    for unit in run:
        written = text[unit.start : unit.end]
        usual = written[1:] == written[1:].lower() and all(plain(stem) for stem in unit.stems)
        pieces.append(text[at : unit.start] + (written.lower() if usual else written))
        at = unit.end
    return " ".join("".join(pieces).split())
