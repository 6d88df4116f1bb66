"""What the registry's events ask of saved searches: to be matched, or to go with their person.

Written with the event that asks for it, and never while history is replayed: a rebuild matches
nothing. An import tells nobody, and old news is no news.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from services.discovery.domain.saved_search import ERASED as BY_ERASURE
from services.discovery.domain.saved_search import Remove
from services.discovery.events import SAVED_SEARCH
from services.discovery.saved import queue, store
from shared.connection import Connection
from shared.erasure import ERASED
from shared.eventstore.events import Cause, Event
from shared.eventstore.streams import Change
from shared.projection.reactions import Reaction
from shared.service import Service

LONGEST_AGE = timedelta(hours=48)
_CHANGES = ("registered", "described", "network-joined", "stage-changed", "reopened")


def asks_for_matching() -> Reaction:
    """A community that is new, or says something else of itself, is matched once more."""

    def perform(connection: Connection, event: Event, _cause: Cause, now: datetime) -> None:
        if now - event.time <= LONGEST_AGE:
            queue.put(connection, event)

    types = frozenset(f"registry.community.{change}" for change in _CHANGES)
    return Reaction("match saved searches", types, perform, _by_people)


def _by_people(_connection: Connection, events: Sequence[Event]) -> Sequence[Event]:
    return [event for event in events if not _is_from_a_list(event)]


def _is_from_a_list(event: Event) -> bool:
    if event.origin is not None:
        return True
    data: dict[str, Any] = msgspec.json.decode(event.data)
    return bool(data.get("run") or data.get("source"))


def removes_erased(service: Callable[[], Service]) -> Reaction:
    """The searches of an erased person go with the person."""

    def perform(connection: Connection, event: Event, cause: Cause, now: datetime) -> None:
        streams = service().streams
        theirs = [row["id"] for row in store.of_person(connection, event.stream)]
        loaded = streams.load_many(connection, SAVED_SEARCH, theirs)
        changes = [
            Change(key, found.version, SAVED_SEARCH.decide(found.state, Remove(BY_ERASURE)))
            for key, found in loaded.items()
        ]
        streams.append(connection, changes, cause=cause, now=now)

    return Reaction("remove an erased person's searches", frozenset({ERASED}), perform)
