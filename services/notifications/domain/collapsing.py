"""Several changes of one thing, told as one: the newest, against what the person last knew."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

_ONE_STORY = frozenset({"sessions", "community"})  # categories in which the newest says it all


class Waiting(NamedTuple):
    """A delivery that is due, as far as it matters here."""

    id: str
    announcement: str
    about: str
    category: str
    at: str


class Item(NamedTuple):
    """What one part of a letter tells: a delivery, and the announcement that its story began with.

    `overtaken` are the deliveries that it makes needless.
    """

    delivery: str
    announcement: str
    since: str
    overtaken: tuple[str, ...] = ()


def collapse(waiting: Iterable[Waiting]) -> list[Item]:
    """The newest of each story, in the order in which the stories began."""
    stories: dict[tuple[str, ...], list[Waiting]] = {}
    for each in waiting:
        one = each.category in _ONE_STORY
        key = (each.about, each.category) if one else (each.id,)
        stories.setdefault(key, []).append(each)
    return [_item(sorted(story, key=lambda each: each.at)) for story in stories.values()]


def _item(story: Sequence[Waiting]) -> Item:
    newest = story[-1]
    overtaken = tuple(each.id for each in story[:-1])
    return Item(newest.id, newest.announcement, story[0].announcement, overtaken)
