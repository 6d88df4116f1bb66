"""Deciders run on streams: load, decide, append, and the service's own read models with it.

A decider is two pure functions and a first state: `decide(state, command) -> events` and
`evolve(state, event) -> state`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from shared.connection import Connection
from shared.database import lock_in_turn
from shared.eventstore.codec import EventTypes
from shared.eventstore.events import Cause, Conflict, Event, StreamAppend
from shared.eventstore.store import EventStore

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
Project = Callable[[Connection, Sequence[Event]], None]


@dataclass(frozen=True)
class Aside:
    """A second stream for what is decided together with the first but is not for everyone.

    `stream` gives its id from the first's; the events that it holds are of the classes in `holds`.
    """

    stream: Callable[[str], str]
    holds: tuple[type, ...]


@dataclass(frozen=True)
class Decider(Generic[S, C, E]):
    """`initial` is the state of a stream that has no event yet.

    With `aside` the state is that of both streams, the first one's events before the second's.
    """

    initial: S
    decide: Callable[[S, C], Sequence[E]]
    evolve: Callable[[S, E], S]
    aside: Aside | None = None


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A stream's state and its version; 0 where the stream has no event. `aside` is the version of
    the decider's second stream, where it has one."""

    state: S
    version: int
    aside: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What a command brings about in one stream, loaded at `version`.

    `pair` is the first stream's id where a decider looks at two: what one of them holds was decided
    by what the other held, so that one must not have changed meanwhile either.
    """

    stream: str
    version: int
    events: Sequence[Any]
    pair: str | None = None


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
        loaded = self._fold(
            decider, Loaded(decider.initial, 0), self.store.load(connection, stream, until=until)
        )
        if decider.aside is None:
            return loaded
        beside = self.store.load(connection, decider.aside.stream(stream), until=until)
        return _with_aside(loaded, self._fold(decider, Loaded(loaded.state, 0), beside))

    def load_many(
        self, connection: Connection, decider: Decider[S, Any, Any], streams: Sequence[str]
    ) -> dict[str, Loaded[S]]:
        """Each stream's state; one that has no event yet has the initial state at version 0."""
        aside = decider.aside
        beside = {} if aside is None else {stream: aside.stream(stream) for stream in streams}
        found = self.store.load_many(connection, [*streams, *beside.values()])
        loaded = {
            stream: self._fold(decider, Loaded(decider.initial, 0), found.get(stream, ()))
            for stream in streams
        }
        if aside is None:
            return loaded
        return {
            stream: _with_aside(
                first, self._fold(decider, Loaded(first.state, 0), found.get(beside[stream], ()))
            )
            for stream, first in loaded.items()
        }

    def changes(
        self,
        decider: Decider[Any, Any, Any],
        stream: str,
        loaded: Loaded[Any],
        events: Sequence[Any],
    ) -> list[Change]:
        """What to append to a stream, and to the one beside it, where these events were decided."""
        if decider.aside is None:
            return [Change(stream, loaded.version, events)]
        holds = decider.aside.holds
        first = [event for event in events if not isinstance(event, holds)]
        second = [event for event in events if isinstance(event, holds)]
        pair = stream if events and loaded.version else None  # what is new has no past to disagree
        return [
            Change(stream, loaded.version, first, pair),
            Change(decider.aside.stream(stream), loaded.aside, second, pair),
        ]

    def take_turn(self, connection: Connection, stream: str) -> None:
        """Wait for others that change this stream or the one beside it, and keep them out until
        the transaction ends."""
        lock_in_turn(connection, f"stream {stream} and the one beside it")

    def append(
        self, connection: Connection, changes: Iterable[Change], *, cause: Cause, now: datetime
    ) -> list[Event]:
        """Append to all streams, and change the read models, in the caller's transaction.

        Raises Conflict where a stream, or the other one of its pair, has changed since it was
        loaded.
        """
        changes = list(changes)
        self._check_pairs(connection, changes)
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
        changes = self.changes(decider, stream, loaded, events)
        self.append(connection, changes, cause=cause, now=now)
        state = loaded.state
        for event in events:
            state = decider.evolve(state, event)
        first, second = (len(change.events) for change in (*changes, Change("", 0, ()))[:2])
        return Loaded(state, loaded.version + first, loaded.aside + second)

    def _check_pairs(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Each stream that gets events is guarded by its version; the other of a pair is not."""
        for pair in sorted({change.pair for change in changes if change.pair}):
            self.take_turn(connection, pair)
        looked_at = {c.stream: c.version for c in changes if c.pair and not c.events}
        present = self.store.versions(connection, list(looked_at))
        for stream, version in looked_at.items():
            if present.get(stream, 0) != version:
                raise Conflict(stream, version)

    def _fold(
        self, decider: Decider[S, Any, Any], before: Loaded[S], events: Iterable[Event]
    ) -> Loaded[S]:
        """Events that `evolve` has no case for are of a stream of another kind, whose id somebody
        gave: for this decider there is no such stream.
        """
        state, version = before.state, before.version
        for event in events:
            evolved: S | None = decider.evolve(state, self.types.decode(event))
            if evolved is None:
                return Loaded(decider.initial, 0)
            state, version = evolved, event.version
        return Loaded(state, version)


def _with_aside(first: Loaded[S], both: Loaded[S]) -> Loaded[S]:
    return Loaded(both.state, first.version, both.version)


__all__ = ["Aside", "Change", "Conflict", "Decider", "Loaded", "StaleVersion", "Streams"]
