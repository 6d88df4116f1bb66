"""Judgements of the example landscape, to measure levels of relatedness by.

How they were made: docs/decisions/levels-of-relatedness.md.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

import msgspec

from services.discovery.index.document import Document
from services.discovery.index.levels import Level

_NONE = "none"
_AS = {str(Level.CLOSE): Level.CLOSE, str(Level.RELATED): Level.RELATED, _NONE: Level.NEAREST}


class Pair(NamedTuple):
    """Two communities, and the level that each of the two judges gave them."""

    one: str
    other: str
    judged: tuple[Level, Level]

    def right(self, least: Level) -> float:
        """How far it is right to show the two as of a level: by both judges 1, by one of them a
        half."""
        return sum(level.reaches(least) for level in self.judged) / len(self.judged)


class Example(msgspec.Struct):
    """What the texts of a community of the example landscape are."""

    key: str
    name: str
    domain: str
    topics: tuple[str, ...]
    practice: str | None = None
    learning_question: str | None = None
    region: str | None = None
    sectors: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


def communities() -> list[Document]:
    """The example landscape, which comes with the platform."""
    written = files("hedgerow.example").joinpath("communities.json").read_bytes()
    return [
        Document(
            id=each.key,
            name=each.name,
            domain=each.domain,
            topics=each.topics,
            practice=each.practice or "",
            learning_question=each.learning_question or "",
            region=each.region or "",
            sectors=each.sectors,
            networks=each.networks,
        )
        for each in msgspec.json.decode(written, type=list[Example])
    ]


def pairs() -> list[Pair]:
    """All pairs that were judged."""
    return [
        Pair(one, other, (_AS[first], _AS[second])) for one, other, first, second in _lines("pairs")
    ]


def searches() -> Mapping[str, frozenset[str]]:
    """What was searched for, and all who work on it."""
    return {asked: frozenset(right) for asked, *right in _lines("searches")}


def agreement(judged: Sequence[Pair]) -> float:
    """Cohen's kappa (1960) of the two judgements: 0 is what chance gives, 1 is always."""
    if not judged:
        return 0.0
    same = sum(one is other for _, _, (one, other) in judged) / len(judged)
    chance = 0.0
    for level in Level:
        chance += (
            sum(pair.judged[0] is level for pair in judged)
            * sum(pair.judged[1] is level for pair in judged)
            / len(judged) ** 2
        )
    return (same - chance) / (1 - chance) if chance < 1 else 1.0


def _lines(name: str) -> list[list[str]]:
    text = files(__name__).joinpath(f"{name}.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()]
