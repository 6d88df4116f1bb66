"""The event store: append, load, and read in one order that never skips.

The order and its cursor are (epoch, transaction id, position). On PostgreSQL a plain sequence would
lose events to its readers, because transactions become visible in another order than they took
their numbers; so a reader goes only up to the oldest transaction still running
(`pg_snapshot_xmin`). On SQLite writers take turns, and the order of positions is that of commits.

Both dialects answer to the same tests, in tests/contract/test_event_store.py.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import is_lost_race, mark, marks
from shared.eventstore.dialects import POSTGRESQL, SQLITE, Dialect
from shared.eventstore.events import Cause, Conflict, Cursor, Event, StreamAppend
from shared.eventstore.written import note_written


class Filter(NamedTuple):
    """Which events a reader wants. None wants all."""

    audience: str | None = None
    types: tuple[str, ...] | None = None
    since: datetime | None = None
    until: Cursor | None = None  # the last event wanted


ALL = Filter()
_AT_FIRST, _AT_ONCE = 8, 64  # events that `read_page` reads in one query
_CHUNK = 500  # streams in one query
_ENVELOPE = 600  # bytes, about: what a page holds of an event beside its data


class EventStore:
    """Works within the caller's transaction; holds no state of its own."""

    def __init__(self, dialect: str) -> None:
        self.sql: Dialect = SQLITE if dialect == "sqlite" else POSTGRESQL

    def append(
        self,
        connection: Connection,
        appends: Sequence[StreamAppend],
        *,
        cause: Cause,
        now: datetime,
    ) -> list[Event]:
        """Append to one or several streams, in order, and return the events as stored.

        Every stream must have been loaded before this transaction's first write: on PostgreSQL an
        older transaction id could else sort a stream's later version before its earlier one. The
        statement itself checks that, and answers Conflict as it does for a wrong version.
        """
        time = now if self.sql.native_times else rfc3339(now)
        stored = []
        for append in appends:
            connection.streams_written.append(append.stream)
            for version, new in enumerate(append.events, start=append.expected + 1):
                event_id = str(uuid.uuid4())
                row = (
                    *(append.stream, version, event_id, new.type, new.schema, time, new.audience),
                    *(cause.correlation, cause.causation, cause.actor, new.data, cause.origin),
                    cause.via,
                )
                try:
                    result = connection.exec_driver_sql(
                        self.sql.append, (*row, *self.sql.guard(append.stream, version - 1))
                    ).first()
                except DBAPIError as error:
                    if is_lost_race(error):
                        raise Conflict(append.stream, append.expected) from error
                    raise
                if result is None:
                    raise Conflict(append.stream, append.expected)
                place = (result[0], int(result[1]), result[2])
                stored.append(Event(*place, *row[:5], now, *row[6:]))  # type: ignore[arg-type]
                note_written(append.stream, version)
        return stored

    def load(
        self, connection: Connection, stream: str, *, until: datetime | None = None
    ) -> list[Event]:
        """All events of a stream in order; with `until` those up to that time."""
        rows = connection.exec_driver_sql(self.sql.load, (stream,))
        events = self._events(rows)
        return events if until is None else [e for e in events if e.time <= until]

    def brought_about(self, connection: Connection, actor: str) -> list[dict[str, str]]:
        """The events that a person brought about, by id, type and stream."""
        rows = connection.exec_driver_sql(
            f"SELECT stream_id, type, event_id FROM events WHERE actor = {mark(connection)}",
            (actor,),
        )
        return [{"stream": row[0], "type": row[1], "event": row[2]} for row in rows]

    def load_many(self, connection: Connection, streams: Sequence[str]) -> dict[str, list[Event]]:
        """The events of several streams at once; an unknown stream is missing from the answer."""
        found: dict[str, list[Event]] = {}
        if streams:
            sql, parameters = self.sql.load_many(streams)
            for event in self._events(connection.exec_driver_sql(sql, parameters)):
                found.setdefault(event.stream, []).append(event)
        return found

    def versions(self, connection: Connection, streams: Sequence[str]) -> dict[str, int]:
        """The version of each of these streams that has events."""
        found: dict[str, int] = {}
        for start in range(0, len(streams), _CHUNK):
            chunk = tuple(streams[start : start + _CHUNK])
            rows = connection.exec_driver_sql(
                "SELECT stream_id, max(version) FROM events"
                f" WHERE stream_id IN ({marks(connection, len(chunk))}) GROUP BY stream_id",
                chunk,
            )
            found |= dict(rows)
        return found

    def read(
        self, connection: Connection, after: Cursor, limit: int, wanted: Filter = ALL
    ) -> list[Event]:
        """Up to `limit` events after a cursor, in the store's order, never skipping one.

        Empty only where there is nothing more to read for now.
        """
        sql, parameters = self.sql.read(after, limit, *wanted)
        return self._events(connection.exec_driver_sql(sql, parameters))

    def read_page(
        self,
        connection: Connection,
        after: Cursor,
        limit: int,
        wanted: Filter = ALL,
        *,
        most_bytes: int,
    ) -> list[Event]:
        """As `read`, but no more than `most_bytes`: one event at least, if there is any.

        Reads some at a time, as many as have come so far, and ends where one as large as the
        largest so far would not fit: what is read and not returned is little.
        """
        found: list[Event] = []
        size = largest = 0
        while (left := limit - len(found)) > 0:
            fitting = (most_bytes - size) // largest if largest else 0
            count = min(left, max(_AT_FIRST, min(fitting, len(found), _AT_ONCE)))
            events = self.read(connection, found[-1].cursor if found else after, count, wanted)
            for event in events:
                length = _ENVELOPE + len(event.data.encode())
                if found and size + length > most_bytes:
                    return found
                size, largest = size + length, max(largest, length)
                found.append(event)
            if len(events) < count or size + largest > most_bytes:
                break
        return found

    def read_beyond_horizon(self, connection: Connection, after: Cursor, limit: int) -> list[Event]:
        """As `read`, up to the very last event: only for one who keeps all writers out."""
        sql, parameters = self.sql.read(after, limit, horizon=False)
        return self._events(connection.exec_driver_sql(sql, parameters))

    def head(self, connection: Connection) -> Cursor:
        """The last event that a reader may see now; START of an empty store."""
        row = connection.exec_driver_sql(self.sql.head).first()
        return Cursor(row[0], int(row[1]), row[2]) if row else Cursor(0, 0, 0)

    def count_after(self, connection: Connection, cursor: Cursor) -> int:
        """How many events a reader at `cursor` has yet to read."""
        sql, parameters = self.sql.count_after(cursor)
        return int(connection.exec_driver_sql(sql, parameters).scalar_one())

    def held_back(self, connection: Connection) -> int:
        """How many stored events readers may not see yet, for a transaction still running."""
        return int(connection.exec_driver_sql(self.sql.held_back).scalar_one())

    def raise_epoch(self, connection: Connection, *, at_least: int = 0) -> int:
        """Begin a new epoch, after a restore or a move to another cluster. Returns it."""
        for statement in self.sql.lock_out_writers:
            connection.exec_driver_sql(statement)
        return int(connection.exec_driver_sql(self.sql.raise_epoch, (at_least,)).scalar_one())

    def _events(self, rows: Iterable[Sequence[object]]) -> list[Event]:
        if self.sql.native_times:
            return [Event._make(row) for row in rows]
        return [
            Event._make((*row[:8], datetime.fromisoformat(row[8]), *row[9:]))  # type: ignore[arg-type]
            for row in rows
        ]
