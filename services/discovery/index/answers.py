"""What the index answers."""

from dataclasses import dataclass

from services.discovery.index.document import Document
from services.discovery.index.highlights import Highlight
from services.discovery.index.levels import Level


class UnknownCommunityError(LookupError):
    """No community of this id is in the index."""


@dataclass(frozen=True, slots=True)
class Match:
    """A community that answers, with its score from 0 to 1 and why, in plain sentences.

    `stands_for` is the closed community whose place, and score, it holds, if any. `meaning` says
    whether another voice than the words' had its part in the score, `links` whether links had.
    """

    document: Document
    score: float
    reasons: tuple[str, ...]
    stands_for: Document | None = None
    meaning: bool = False
    highlights: tuple[Highlight, ...] = ()
    links: bool = False
    level: Level = Level.NEAREST

    @property
    def id(self) -> str:
        """The id of the community."""
        return self.document.id


@dataclass(frozen=True, slots=True)
class Correction:
    """A word that was typed, and what it was read as."""

    typed: str
    read_as: str


@dataclass(frozen=True, slots=True)
class Near:
    """What is near a search that found nothing: a sentence, words to try, communities."""

    sentence: str
    words: tuple[str, ...] = ()
    communities: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best matches; how many there are in all; how many of each value of each facet.

    A facet's counts follow the filters on the other facets, not the one on itself, so that
    they say what each other choice would give. `also` are other names of what was asked, such
    as an acronym's words, that were looked for too; `near` is there where nothing was found.
    `unfiltered` is how many there are without the filters.
    """

    matches: list[Match]
    total: int
    facets: dict[str, dict[str, int]]
    corrected: tuple[Correction, ...] = ()
    also: tuple[str, ...] = ()
    near: Near | None = None
    unfiltered: int = 0
