"""Deciders run on streams: load, decide, append, and the service's own read models with it.

A decider is two pure functions and a first state: `decide(state, command) -> events` and
`evolve(state, event) -> state`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from shared.connection import Connection
from shared.eventstore.codec import EventTypes
from shared.eventstore.events import Cause, Conflict, Event, StreamAppend
from shared.eventstore.store import EventStore

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
Project = Callable[[Connection, Sequence[Event]], None]


@dataclass(frozen=True)
class Decider(Generic[S, C, E]):
    """`initial` is the state of a stream that has no event yet."""

    initial: S
    decide: Callable[[S, C], Sequence[E]]
    evolve: Callable[[S, E], S]


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A stream's state and its version; 0 where the stream has no event."""

    state: S
    version: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a command brings about in one stream, loaded at `version`."""

    stream: str
    version: int
    events: Sequence[Any]


class StaleVersion(Exception):
    """The caller named a version that the stream is no longer at."""


class Streams:
    """One service's streams. Works within the caller's transaction."""

    def __init__(self, store: EventStore, types: EventTypes, project: Project) -> None:
        self.store, self.types, self._project = store, types, project

    def load(
        self,
        connection: Connection,
        decider: Decider[S, Any, Any],
        stream: str,
        *,
        until: datetime | None = None,
    ) -> Loaded[S]:
        return self._fold(decider, self.store.load(connection, stream, until=until))

    def load_many(
        self, connection: Connection, decider: Decider[S, Any, Any], streams: Sequence[str]
    ) -> dict[str, Loaded[S]]:
        """Each stream's state; one that has no event yet has the initial state at version 0."""
        found = self.store.load_many(connection, streams)
        return {stream: self._fold(decider, found.get(stream, ())) for stream in streams}

    def append(
        self, connection: Connection, changes: Iterable[Change], *, cause: Cause, now: datetime
    ) -> list[Event]:
        """Append to all streams, and change the read models, in the caller's transaction."""
        appends = [
            StreamAppend(c.stream, c.version, [self.types.encode(event) for event in c.events])
            for c in changes
            if c.events
        ]
        stored = self.store.append(connection, appends, cause=cause, now=now)
        self._project(connection, stored)
        return stored

    def handle(
        self,
        connection: Connection,
        decider: Decider[S, C, Any],
        stream: str,
        command: C,
        *,
        cause: Cause,
        now: datetime,
        expected: int | None = None,
    ) -> Loaded[S]:
        """Decide one command on one stream. Raises StaleVersion, Conflict, or the refusal."""
        loaded = self.load(connection, decider, stream)
        if expected is not None and expected != loaded.version:
            raise StaleVersion(f"{stream} is at version {loaded.version}, not {expected}")
        events = decider.decide(loaded.state, command)
        self.append(connection, [Change(stream, loaded.version, events)], cause=cause, now=now)
        state = loaded.state
        for event in events:
            state = decider.evolve(state, event)
        return Loaded(state, loaded.version + len(events))

    def _fold(self, decider: Decider[S, Any, Any], events: Iterable[Event]) -> Loaded[S]:
        """Events that `evolve` has no case for are of a stream of another kind, whose id somebody
        gave: for this decider there is no such stream.
        """
        state, version = decider.initial, 0
        for event in events:
            evolved: S | None = decider.evolve(state, self.types.decode(event))
            if evolved is None:
                return Loaded(decider.initial, 0)
            state, version = evolved, event.version
        return Loaded(state, version)


__all__ = ["Change", "Conflict", "Decider", "Loaded", "StaleVersion", "Streams"]
