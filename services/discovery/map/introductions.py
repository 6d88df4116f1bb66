"""Missing introductions: pairs across networks that are much alike, and have no link."""

from collections.abc import Sequence
from typing import NamedTuple

from services.discovery.index import Document
from services.discovery.index.phrases import Wording
from services.discovery.index.reasons import Alike, why_related
from services.discovery.index.vague import is_widespread
from services.discovery.map.graph import Pair
from services.discovery.map.groups import Group
from services.discovery.map.likeness import Matches
from services.discovery.map.material import Material
from services.discovery.meaning.voice import WEIGHT

_MOST = 10  # of a group
_OF_ONE = 3  # pairs that one community has a part in: nobody is introduced to everybody


class Introduction(NamedTuple):
    """Two communities by number, the lower first, and how much alike they are."""

    low: int
    high: int
    score: float


def missing_introductions(
    groups: Sequence[Group],
    matches: Matches,
    material: Material,
    linked: frozenset[Pair],
    least: float,
) -> list[list[Introduction]]:
    """For each group the pairs of its members who most ought to meet, best first: a score of less
    than `least` is no reason to meet.

    Two who share a network are thought to have met, as are those in `linked` (the lower number
    first). A proposal is known to the two alone, and a pair left out for it would tell of it. One
    without any network is outside every other's.
    """
    found: list[list[Introduction]] = []
    for group in groups:
        members = frozenset(group.members)
        pairs = {
            pair: score
            for number in group.members
            for other, score in _matches(matches, number, least)
            if other in members
            and (pair := (min(number, other), max(number, other))) not in linked
            and material.known[number].networks.isdisjoint(material.known[other].networks)
        }
        found.append(_chosen(pairs))
    return found


def _matches(matches: Matches, number: int, least: float) -> list[tuple[int, float]]:
    others, scores = matches.others[number].tolist(), matches.scores[number].tolist()
    return [
        (other, round(score, 4))
        for other, score in zip(others, scores, strict=True)
        if other >= 0 and score >= least - 1e-6
    ]


def _chosen(pairs: dict[Pair, float]) -> list[Introduction]:
    times: dict[int, int] = {}
    chosen: list[Introduction] = []
    for pair, score in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        if all(times.get(one, 0) < _OF_ONE for one in pair):
            chosen.append(Introduction(*pair, score))
            for one in pair:
                times[one] = times.get(one, 0) + 1
        if len(chosen) == _MOST:
            break
    return chosen


def why(pair: Introduction, material: Material, one: Document, other: Document) -> tuple[str, ...]:
    """Say what they have in common, in plain sentences; where each stands, the map says."""
    terms, values = material.row(pair.low)
    theirs = dict(zip(*(array.tolist() for array in material.row(pair.high)), strict=True))
    parts = {
        term: value * theirs[term]
        for term, value in zip(terms.tolist(), values.tolist(), strict=True)
        if term in theirs
    }
    words = sum(parts.values())
    shares = {material.stems[term]: part / words for term, part in parts.items()}
    numbers = {material.stems[term]: term for term in parts}

    def plain(stem: str) -> bool:
        number = numbers.get(stem)
        return number is not None and bool(2 * material.plain[number] >= material.used[number])

    def is_common(stem: str) -> bool:
        number = numbers.get(stem)
        return number is not None and is_widespread(int(material.used[number]), len(material))

    alike = None
    if material.has_vector[pair.low] and material.has_vector[pair.high]:
        meaning = max(0.0, float(material.vectors[pair.low] @ material.vectors[pair.high]))
        total = words + WEIGHT * meaning
        alike = Alike(meaning, WEIGHT * meaning / total if total else 0.0)
    return why_related(one, other, shares, Wording(plain, is_common), alike=alike)
