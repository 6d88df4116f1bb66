"""Several changes of one thing, told as one: the newest, against what the person last knew."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

_SESSIONS = "sessions"
_ONE_STORY = frozenset({_SESSIONS, "community"})  # categories in which the newest says it all
_UNREACHABLE = "person-unreachable"  # of several people in one community, all are told as one
_ATTENDANCE = "att_"  # a place and a role in one session are not each other's news

PLANNED, MOVED, CHANGED = "session-planned", "session-rescheduled", "session-changed"


class Waiting(NamedTuple):
    """A delivery that is to go, as far as it matters here.

    `version` is that of the stream after what it tells of; 0 where that is not known. `earlier`
    are the announcements that it overtook before.
    """

    id: str
    announcement: str
    about: str
    category: str
    at: str
    version: int = 0
    earlier: tuple[str, ...] = ()
    digest: bool = False
    rule: str = ""


class Item(NamedTuple):
    """What one part of a letter tells: a delivery, and the announcement that its story began with.

    `overtaken` are the deliveries that it makes needless, `between` the announcements that came
    between the first and the newest.
    """

    delivery: str
    announcement: str
    since: str
    overtaken: tuple[str, ...] = ()
    between: tuple[str, ...] = ()

    @property
    def story(self) -> tuple[str, ...]:
        """Its announcements, in the order in which things happened; each once."""
        return tuple(dict.fromkeys((self.since, *self.between, self.announcement)))


def story_of(delivery: str, about: str, category: str, rule: str = "") -> tuple[str, ...]:
    """What deliveries to one person have in common of which the newest tells all."""
    if rule == _UNREACHABLE:
        return (about, rule)
    one = category in _ONE_STORY and not about.startswith(_ATTENDANCE)
    return (about, category) if one else (delivery,)


def collapse(waiting: Iterable[Waiting]) -> list[tuple[Item, bool]]:
    """The newest of each story, in the order in which the stories began; and whether it is for a
    digest, as it is where all of the story is.
    """
    stories: dict[tuple[str, ...], list[Waiting]] = {}
    for each in waiting:
        stories.setdefault(story_of(each.id, each.about, each.category, each.rule), []).append(each)
    return [
        (_item(sorted(story, key=_order)), all(each.digest for each in story))
        for story in stories.values()
    ]


def _order(each: Waiting) -> tuple[Any, ...]:
    """Of one stream by its version; a community's news come from streams of two services."""
    if each.category == _SESSIONS:
        return (each.version, each.at)
    return (each.at, each.version)


def _item(story: Sequence[Waiting]) -> Item:
    newest = story[-1]
    told = [a for each in story for a in (*each.earlier, each.announcement)]
    overtaken = tuple(each.id for each in story[:-1])
    between = tuple(a for a in told[1:-1] if a not in (told[0], newest.announcement))
    return Item(newest.id, newest.announcement, told[0], overtaken, between)


def as_one(story: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """One announcement's content that tells several of one story, the oldest first.

    The facts are the newest; the message is what has become of the session since the person last
    knew of it, whichever change came last.
    """
    newest = story[-1]
    if len(story) > 1 and newest["rule"] == _UNREACHABLE:
        return _people_of(story)
    if len(story) == 1 or newest["category"] != _SESSIONS:
        return newest
    first, now = story[0], newest["facts"]["session"]["when"]
    facts = dict(newest["facts"])
    facts["changed"] = list(
        dict.fromkeys(name for each in story for name in each["facts"].get("changed") or ())
    )
    known = first["facts"].get("before") or first["facts"]["session"]["when"]
    facts["reasoned"] = any(
        each["facts"].get("reasoned") or each["facts"].get("reason") for each in story
    )
    rule = next((each["rule"] for each in reversed(story) if each["rule"] != CHANGED), CHANGED)
    if rule in (PLANNED, MOVED, CHANGED):
        dated_again = first["rule"] == MOVED and known == first["facts"]["session"]["when"]
        moved = MOVED if known != now or dated_again else CHANGED
        rule = PLANNED if first["rule"] == PLANNED else moved
    facts["before"] = known
    return {
        **newest,
        "rule": rule,
        "facts": facts,
        "story": tuple(each["event"] for each in story),
    }


def _people_of(story: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The newest, about the people of all."""
    people = dict.fromkeys(each["facts"]["person"] for each in story)
    return {
        **story[-1],
        "facts": {**story[-1]["facts"], "people": list(people)},
        "story": tuple(each["event"] for each in story),
    }
