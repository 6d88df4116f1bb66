"""Rebuilding read models from events, side by side with the ones in use, while the service serves.

The other generation's tables are emptied and filled a batch at a time; then, with writers kept out
for a moment, the last events are applied and the generations change places. Nothing here writes a
reaction: replaying history tells nobody.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from shared.clock import Clock, rfc3339
from shared.connection import Connection
from shared.database import Database, mark, marks
from shared.eventstore.events import START, Cursor, Event
from shared.eventstore.store import EventStore
from shared.projection import reactions
from shared.projection.apply import apply_batches
from shared.projection.generations import FOLLOWED, OWN, active, keep_writers_out, swap
from shared.projection.inbox import DIVERGENCE, Inbox, parked
from shared.projection.positions import positions
from shared.projection.projection import Projection, project
from shared.stream.source import Batch, Source, SourceLacks, SourceUnavailable

_BATCH = 500
_EMPTY_POLLS = 30  # of a second each
_WAIT_SECONDS, _QUIET_WAITS = 1.0, 120  # for topics that are being filled again
Progress = Callable[[int], None]
Positions = Callable[[], dict[str, str]]
MakeReader = Callable[[Positions, Positions], Source]  # where to go on from; where to stop


def _unsaid(done: int) -> None:
    """Progress that nobody asked about."""


def rebuild_own(
    database: Database,
    store: EventStore,
    projections: Sequence[Projection],
    progress: Progress = _unsaid,
    *,
    present: Callable[[Event], Event] = lambda event: event,
) -> int:
    """Rebuild the read models of the service's own events. Returns how many events went in.

    `present` upcasts an event to the version that the projections read.
    """
    with database.write() as connection:
        generation = 3 - active(connection, OWN)
        _empty(connection, projections, generation)
    fill = partial(_fill, projections, generation, present)
    cursor, done = START, 0
    while True:
        with database.write() as connection:
            events = store.read(connection, cursor, _BATCH)
            cursor = fill(connection, events, cursor)
        done += len(events)
        progress(done)
        if len(events) < _BATCH:  # what is left is little, however fast others write
            break
    database.keep_statistics(after_growth=True)  # before anybody reads what is new
    with database.write() as connection:
        keep_writers_out(connection, OWN)
        while events := store.read_beyond_horizon(connection, cursor, _BATCH):
            cursor = fill(connection, events, cursor)
            done += len(events)
        swap(connection, OWN)
    progress(done)
    return done


def _fill(
    projections: Sequence[Projection],
    generation: int,
    present: Callable[[Event], Event],
    connection: Connection,
    events: Sequence[Event],
    cursor: Cursor,
) -> Cursor:
    shown = [present(event) for event in events]
    failures = project(connection, projections, generation, shown)
    if failures:
        raise failures[0].error
    return events[-1].cursor if events else cursor


def rebuild_followed(
    database: Database,
    clock: Clock,
    projections: Sequence[Projection],
    sources: Sequence[MakeReader],
    progress: Progress = _unsaid,
    *,
    reacts: Sequence[reactions.Reaction] = (),
) -> int:
    """Rebuild what is built from other services' events; `sources` make readers of all of those.

    Never reads further than the consumers at work have: what they have not seen yet is still
    theirs to react to. Where they read everything again, as from topics that are being filled, it
    waits until what they had read has come. Raises SourceLacks where a source lacks what was read
    of it before and nothing more comes, SourceUnavailable where one does not answer now.
    """
    generation = _begin_anew(database, projections)
    goal: dict[str, str] = {}
    stored = partial(_positions, database, generation)
    readers = [make(stored, lambda: goal) for make in sources]
    level = partial(_level, goal, readers, generation, projections, clock)
    awaited = _Awaited(database, generation, [s for r in readers for s in r.sources])
    done = 0
    try:
        while True:
            with database.read() as connection:
                _aim(goal, connection, generation, readers)
            came = 0
            for count in level(database.write):
                came += count
                progress(done + came)
            done += came
            if came < _BATCH and awaited.is_over(came):  # what is left is little
                break
        database.keep_statistics(after_growth=True)  # before anybody reads what is new
        with database.write() as connection:
            keep_writers_out(connection, FOLLOWED)
            _aim(goal, connection, generation, readers)
            done += sum(level(lambda: nullcontext(connection)))
            _react_at_last(connection, generation, reacts, clock)
            swap(connection, FOLLOWED)
    finally:
        for reader in readers:
            reader.close()
    progress(done)
    return done


class _Awaited:
    """Whether as much has come to a generation as the one in use had read when this began.

    What comes steadily meanwhile is not waited for.
    """

    def __init__(self, database: Database, generation: int, sources: Sequence[str]) -> None:
        self._database, self._generation = database, generation
        self._sources = tuple(sources)
        self._goal = self._known(3 - generation)
        self._quiet = 0

    def is_over(self, came: int) -> bool:
        """Waits a little where not. Raises SourceLacks where nothing comes for long."""
        if self._known(self._generation) >= self._goal:
            return True
        self._quiet = 0 if came else self._quiet + 1
        if self._quiet > _QUIET_WAITS:
            raise SourceLacks("a source no longer has what was read of it")
        time.sleep(_WAIT_SECONDS)
        return False

    def _known(self, generation: int) -> int:
        """How many events of the sources were applied, or wait."""
        if not self._sources:
            return 0
        with self._database.read() as connection:
            of = (
                f"WHERE generation = {mark(connection)}"
                f" AND source IN ({marks(connection, len(self._sources))})"
            )
            values = (generation, *self._sources)
            return sum(
                int(
                    connection.exec_driver_sql(
                        f"SELECT count(*) FROM {table} {of}", values
                    ).scalar_one()
                )
                for table in ("inbox", "parked")
            )


def _positions(database: Database, generation: int) -> dict[str, str]:
    with database.read() as connection:
        return positions(connection, generation)


def _react_at_last(
    connection: Connection, generation: int, reacts: Sequence[reactions.Reaction], clock: Clock
) -> None:
    """Ask for the reactions to what waits in the generation in use, and was applied in this one."""
    applied = [
        letter.event
        for letter in parked(connection, 3 - generation)
        if letter.reason != DIVERGENCE
        and Inbox(connection, generation, letter.source).has(letter.event)
    ]
    reactions.record(connection, reacts, applied, clock.now())


def _begin_anew(database: Database, projections: Sequence[Projection]) -> int:
    """Empty the generation that is not in use, and what was noted of it; returns it."""
    with database.write() as connection:
        generation = 3 - active(connection, FOLLOWED)
        _empty(connection, projections, generation)
        for table in ("inbox", "parked", "positions"):
            sql = f"DELETE FROM {table} WHERE generation = {mark(connection)}"
            connection.exec_driver_sql(sql, (generation,))
    return generation


def _aim(
    goal: dict[str, str], connection: Connection, generation: int, readers: Sequence[Source]
) -> None:
    """Set the goal to where the consumers at work are, in what the readers can read.

    Positions of another transport, which was in use before, are left behind.
    """
    goal.clear()
    for partition, position in positions(connection, 3 - generation).items():
        if any(reader.reads(partition) for reader in readers):
            goal[partition] = position


def _level(
    goal: Mapping[str, str],
    readers: Sequence[Source],
    generation: int,
    projections: Sequence[Projection],
    clock: Clock,
    transaction: Callable[[], AbstractContextManager[Connection]],
) -> Iterator[int]:
    """Apply everything up to the goal; yields how many events came, again and again."""
    empty = 0
    while empty < _EMPTY_POLLS:
        with transaction() as connection:
            if positions(connection, generation) == goal:
                return
        count = 0
        for reader in readers:
            batches = reader.poll(1)
            with transaction() as connection:
                apply_batches(connection, generation, projections, batches, clock.now())
            reader.moved(batches)
            count += _count(batches)
        empty = 0 if count else empty + 1
        yield count
    raise SourceLacks("a source no longer has what was read of it")


def _count(batches: Sequence[Batch]) -> int:
    return sum(len(batch.events) + len(batch.unreadable) for batch in batches)


def _empty(connection: Connection, projections: Sequence[Projection], generation: int) -> None:
    for projection in projections:
        for table in projection.tables(generation):
            connection.exec_driver_sql(f"DELETE FROM {table}")


def request(connection: Connection, name: str, clock: Clock) -> None:
    """Ask the worker for a rebuild."""
    _note(connection, name, "requested", 0, None, clock)


def _note(
    connection: Connection, name: str, state: str, done: int, error: str | None, clock: Clock
) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO rebuilds (name, state, done, error, at) VALUES ({marks(connection, 5)})"
        " ON CONFLICT (name) DO UPDATE SET state = excluded.state, done = excluded.done,"
        " error = excluded.error, at = excluded.at",
        (name, state, done, error, rfc3339(clock.now())),
    )


def requested(database: Database) -> bool:
    with database.read() as connection:
        sql = "SELECT 1 FROM rebuilds WHERE state IN ('requested', 'running')"
        return connection.exec_driver_sql(sql).first() is not None


def state(connection: Connection) -> dict[str, object]:
    """The last rebuild: state, how many events are done, and what went wrong."""
    row = connection.exec_driver_sql("SELECT state, done, error, at FROM rebuilds").first()
    if row is None:
        return {"state": "idle", "done": 0, "error": None, "at": None}
    return {"state": row[0], "done": row[1], "error": row[2], "at": row[3]}


def run_requested(database: Database, clock: Clock, rebuild: Callable[[Progress], int]) -> None:
    """Carry out the rebuild that was asked for, and note how it goes.

    Where a source does not answer it stays asked for, and is tried again: after an upgrade the
    services start at once, in any order.
    """

    def note(state: str, done: int, error: str | None = None) -> None:
        with database.write() as connection:
            _note(connection, "all", state, done, error, clock)

    note("running", 0)
    try:
        note("done", rebuild(lambda done: note("running", done)))
    except Exception as error:
        if isinstance(error, SourceUnavailable) and not isinstance(error, SourceLacks):
            note("requested", 0)
            raise
        note("failed", 0, f"{type(error).__name__}: {error}"[:500])
        raise
