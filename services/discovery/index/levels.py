"""How related two communities are, in words: what a score means to who reads it."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """Close: they work on the same. Related: worth an introduction. Nearest: no match, but there
    is nothing nearer."""

    CLOSE = "close"
    RELATED = "related"
    NEAREST = "nearest"

    def reaches(self, least: "Level") -> bool:
        """Whether it is the least level that is asked for, or a higher one."""
        return _PLACES[self] <= _PLACES[least]


_PLACES = {level: place for place, level in enumerate(Level)}


class Levels(NamedTuple):
    """The least scores of each level, for one way of scoring."""

    related: float
    close: float

    def of(self, score: float) -> Level:
        """Give the level of a score."""
        if score >= self.close:
            return Level.CLOSE
        return Level.RELATED if score >= self.related else Level.NEAREST


class Scales(NamedTuple):
    """What the scores of pairs of communities mean, and those of what a search found."""

    pairs: Levels
    searches: Levels


# Calibrated on judged pairs and searches: docs/decisions/levels-of-relatedness.md.
BY_WORDS = Scales(Levels(0.16, 0.26), Levels(0.3, 0.44))
WITH_MEANING = Scales(Levels(0.27, 0.38), Levels(0.35, 0.41))
