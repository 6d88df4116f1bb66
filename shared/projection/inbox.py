"""What a consumer has applied, and what waits.

Every event applied is noted by stream, version and id. So an event that comes twice is dropped, the
same version with another id is seen as what it is (a divergence: the source's history was written
anew, as after a restore), and an event whose predecessor has not come yet waits for it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import Event
from shared.stream.envelope import from_structured, structured

FAILED, BEHIND, GAP, DIVERGENCE = "failed", "behind", "gap", "divergence"


class Parked(NamedTuple):
    """An event that waits, and why: the columns of the table, in their order."""

    id: int
    source: str
    stream: str
    version: int
    event_id: str
    reason: str
    error: str | None
    since: str
    event: Event


def parked(
    connection: Connection, generation: int, where: str = "", *values: object
) -> list[Parked]:
    """What waits, by source, stream and version; `where` narrows it."""
    p = mark(connection)
    rows = connection.exec_driver_sql(
        "SELECT id, source, stream_id, version, event_id, reason, error, since, envelope"
        f" FROM parked WHERE generation = {p} {where.replace('?', p)}"
        " ORDER BY source, stream_id, version, id",
        (generation, *values),
    )
    return [Parked._make((*row[:8], from_structured(row[8]))) for row in rows]


class Inbox:
    """One generation's inbox for one source, within the caller's transaction.

    Two sources may each have a stream of the same id, such as a person's.
    """

    def __init__(self, connection: Connection, generation: int, source: str) -> None:
        self._connection, self.generation, self.source = connection, generation, source
        self._mark = mark(connection)
        self._ours = f"generation = {self._mark} AND source = {self._mark}"

    def admit(self, events: Sequence[Event], now: datetime) -> list[Event]:
        """The events to apply now, in order. Duplicates are dropped, others parked."""
        streams = {event.stream for event in events}
        last = self._last_versions(streams)
        waiting = self._waiting(streams)
        blocked = {stream for stream, reasons in waiting.items() if FAILED in reasons}
        fresh: list[Event] = []
        seen: list[Event] = []
        for event in events:
            expected = last.get(event.stream, 0) + 1
            if event.version < expected:
                seen.append(event)
            elif event.stream in blocked:
                self.park(event, BEHIND, now)
            elif event.version > expected:
                self.park(event, GAP, now)
                waiting.setdefault(event.stream, set()).add(GAP)
            else:
                fresh.append(event)
                last[event.stream] = event.version
                if event.stream in waiting:
                    self._take_waiting(event.stream, last, fresh, seen)
        self._note_divergences(seen, fresh, now)
        return fresh

    def applied(self, events: Iterable[Event]) -> None:
        """Note events as applied."""
        rows = [(self.generation, self.source, e.stream, e.version, e.id) for e in events]
        if rows:
            self._connection.exec_driver_sql(
                "INSERT INTO inbox (generation, source, stream_id, version, event_id)"
                f" VALUES ({self._marks(5)})",
                rows,
            )

    def park(self, event: Event, reason: str, now: datetime, error: str | None = None) -> None:
        row: tuple[Any, ...] = (
            *(self.generation, self.source, event.stream, event.version, event.id, reason, error),
            *(structured(event, self.source).decode(), rfc3339(now)),
        )
        self._connection.exec_driver_sql(
            "INSERT INTO parked (generation, source, stream_id, version, event_id, reason, error,"
            f" envelope, since) VALUES ({self._marks(9)}) ON CONFLICT DO NOTHING",
            row,
        )

    def parked(self, stream: str) -> list[Parked]:
        """What waits of a stream, divergences too."""
        where = "AND source = ? AND stream_id = ?"
        return parked(self._connection, self.generation, where, self.source, stream)

    def waiting(self, stream: str) -> list[Parked]:
        """What waits of a stream to be applied."""
        return [letter for letter in self.parked(stream) if letter.reason != DIVERGENCE]

    def release(self, parked_id: int) -> None:
        """Forget a parked event: it was applied, or is given up."""
        self._connection.exec_driver_sql(
            f"DELETE FROM parked WHERE id = {self._mark}", (parked_id,)
        )

    def has(self, event: Event) -> bool:
        """Whether this very event was applied."""
        sql = (
            f"SELECT 1 FROM inbox WHERE {self._ours} AND stream_id = {self._mark}"
            f" AND version = {self._mark} AND event_id = {self._mark}"
        )
        found = self._connection.exec_driver_sql(
            sql, (self.generation, self.source, event.stream, event.version, event.id)
        )
        return found.first() is not None

    def last_version(self, stream: str) -> int:
        return self._last_versions({stream}).get(stream, 0)

    def _last_versions(self, streams: set[str]) -> dict[str, int]:
        sql = (
            "SELECT stream_id, max(version) FROM inbox"
            f" WHERE {self._ours} AND stream_id IN ({self._marks(len(streams))})"
            " GROUP BY stream_id"
        )
        rows = self._connection.exec_driver_sql(sql, (self.generation, self.source, *streams))
        return {row[0]: row[1] for row in rows}

    def _waiting(self, streams: set[str]) -> dict[str, set[str]]:
        sql = (
            "SELECT DISTINCT stream_id, reason FROM parked"
            f" WHERE {self._ours} AND reason <> '{DIVERGENCE}'"
            f" AND stream_id IN ({self._marks(len(streams))})"
        )
        found: dict[str, set[str]] = {}
        for stream, reason in self._connection.exec_driver_sql(
            sql, (self.generation, self.source, *streams)
        ):
            found.setdefault(stream, set()).add(reason)
        return found

    def _take_waiting(
        self, stream: str, last: dict[str, int], fresh: list[Event], seen: list[Event]
    ) -> None:
        """Admit the events that waited for the one just admitted, as far as they follow on."""
        for parked in self.waiting(stream):
            if parked.version > last[stream] + 1:
                break
            self.release(parked.id)
            if parked.version > last[stream]:
                fresh.append(parked.event)
                last[stream] = parked.version
            else:
                seen.append(parked.event)

    def _note_divergences(self, seen: list[Event], fresh: list[Event], now: datetime) -> None:
        if not seen:
            return
        streams = {event.stream for event in seen}
        rows = self._connection.exec_driver_sql(
            f"SELECT stream_id, version, event_id FROM inbox WHERE {self._ours}"
            f" AND stream_id IN ({self._marks(len(streams))})",
            (self.generation, self.source, *streams),
        )
        known = {(row[0], row[1]): row[2] for row in rows}
        known |= {(event.stream, event.version): event.id for event in fresh}
        for event in seen:
            if known[event.stream, event.version] != event.id:
                error = f"applied as {known[event.stream, event.version]}, now sent as {event.id}"
                self.park(event, DIVERGENCE, now, error)

    def _marks(self, count: int) -> str:
        return marks(self._connection, count)
