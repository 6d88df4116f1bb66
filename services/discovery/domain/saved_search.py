"""A saved search: a standing question of a person's, and the communities that it has told of.

What it asks for in words is by a person, and is kept beside the events, where it can be erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.discovery.domain.refusal import Refused

WORDS, LIKE = "words", "like"
BY_HAND, ERASED = "by-hand", "erased"
ACTIVE, REMOVED = "active", "removed"
MOST_OF_ONE_PERSON = 50
LEAST_THRESHOLD = 0.1


@dataclass(frozen=True, slots=True)
class Made:
    """`like` and `threshold` are of a search by likeness: a community, and the least score."""

    person: str
    kind: str
    like: str | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Matched:
    """A community newly matches, and the person is to be told. Never said twice of one."""

    person: str
    community: str


@dataclass(frozen=True, slots=True)
class Removed:
    person: str
    why: str


SavedSearchEvent = Made | Matched | Removed


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """`told` are the communities that its person was told of. `state` is None before it is made."""

    state: str | None = None
    person: str = ""
    kind: str = WORDS
    like: str | None = None
    threshold: float | None = None
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Make:
    """`others` is how many the person has already."""

    person: str
    kind: str
    like: str | None = None
    threshold: float | None = None
    others: int = 0


@dataclass(frozen=True, slots=True)
class Tell:
    community: str


@dataclass(frozen=True, slots=True)
class Remove:
    why: str = BY_HAND


Command = Make | Tell | Remove


def decide(search: SavedSearch, command: Command) -> Sequence[SavedSearchEvent]:
    """Raises Refused where a person has too many. What is done already is done once."""
    match command:
        case Make(person, kind, like, threshold, others):
            if others >= MOST_OF_ONE_PERSON:
                raise Refused(
                    f"has {others} saved searches, which is as many as one person may have;"
                    " remove one first",
                    field="person",
                )
            return [Made(person, kind, like, threshold)]
        case Tell(community):
            if search.state != ACTIVE or community in search.told:
                return []
            return [Matched(search.person, community)]
        case Remove(why):
            return [Removed(search.person, why)] if search.state == ACTIVE else []


def evolve(search: SavedSearch, event: SavedSearchEvent) -> SavedSearch:
    match event:
        case Made(person, kind, like, threshold):
            return SavedSearch(ACTIVE, person, kind, like, threshold)
        case Matched(_, community):
            return replace(search, told=search.told | {community})
        case Removed():
            return replace(search, state=REMOVED)
