"""Reactions: what an event asks this service to do, once.

Written as a row in the transaction that applies the event, and never while history is replayed;
carried out later in a transaction that also marks the row, so that neither a crash nor a second
worker makes it happen twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import Database, mark, marks, try_lock
from shared.eventstore.events import Cause, Event
from shared.projection.generations import OWN, hold
from shared.restoring import moments

log = structlog.get_logger()
_LONGEST_PAUSE = 1800  # seconds; a reaction is tried until it succeeds, so that none is lost
Perform = Callable[[Connection, Event, Cause, datetime], None]
Wanted = Callable[[Connection, Sequence[Event]], Sequence[Event]]


def _all(_connection: Connection, events: Sequence[Event]) -> Sequence[Event]:
    return events


@dataclass(frozen=True)
class Reaction:
    """`perform(connection, event, cause, now)` works within the given transaction alone.

    An effect outside the database is not performed here: `perform` writes an intent for a sender.
    `types` None asks for every type. `wanted` picks from a batch, in the transaction that applies
    it, those that something is to be done about.
    """

    name: str
    types: frozenset[str] | None
    perform: Perform
    wanted: Wanted = _all

    def picks(self, connection: Connection, events: Sequence[Event]) -> Sequence[Event]:
        of_type = [e for e in events if self.types is None or e.type in self.types]
        return self.wanted(connection, of_type) if of_type else ()


def _payload(event: Event) -> str:
    """What most events have no value for is left out at the end: an earlier release, to which an
    upgrade goes back, reads it then. `via` comes from no other service.
    """
    without_via = tuple(event)[:-1]
    values = without_via if event.origin is not None else without_via[:-1]
    return msgspec.json.encode(values).decode()


def record(
    connection: Connection, reactions: Sequence[Reaction], events: Sequence[Event], now: datetime
) -> None:
    """Write a pending row for each reaction that an event asks for."""
    due = rfc3339(now)
    rows = [
        (event.id, reaction.name, _payload(event), "pending", 0, due)
        for reaction in reactions
        for event in reaction.picks(connection, events)
    ]
    if rows:
        connection.exec_driver_sql(
            "INSERT INTO reactions (event_id, name, payload, state, attempts, due)"
            f" VALUES ({marks(connection, 6)}) ON CONFLICT DO NOTHING",
            rows,
        )


def carry_out(
    database: Database, reactions: Mapping[str, Reaction], now: datetime, limit: int = 1000
) -> int:
    """Carry out what is due, each stream's in its order; returns how many were done.

    What was not tried yet is due, whatever its time says: the clock may have been set back since.
    What a newer release wants done, from which somebody went back to this one, waits for it.
    `limit` is to be more than a consumer's batch holds, which is due at one moment.
    """
    if not reactions:
        return 0
    with database.read() as connection:
        p = mark(connection)
        rows = connection.exec_driver_sql(
            f"SELECT due, event_id, name, payload, attempts FROM reactions WHERE state = 'pending'"
            f" AND name IN ({marks(connection, len(reactions))})"
            f" AND (attempts = 0 OR due <= {p}) ORDER BY due LIMIT {p}",
            (*reactions, rfc3339(now), limit),
        ).all()
    done = 0
    for event_id, name, event, attempts in _in_order(rows, limit):
        try:
            done += _carry_out_one(database, reactions[name], event, now)
        except Exception as error:
            log.exception("a reaction failed", reaction=name, event_id=event_id)
            _postpone(database, event_id, name, attempts + 1, error, now)
    return done


def pending(connection: Connection, reactions: Sequence[Reaction]) -> int:
    """How many of these are still to be carried out."""
    names = tuple(reaction.name for reaction in reactions)
    if not names:
        return 0
    row = connection.exec_driver_sql(
        "SELECT count(*) FROM reactions WHERE state = 'pending'"
        f" AND name IN ({marks(connection, len(names))})",
        names,
    )
    return int(row.scalar_one())


def _in_order(rows: Sequence[Any], limit: int) -> list[tuple[str, str, Event, int]]:
    """By when they are due, then stream and version; a last batch that was cut off waits."""
    last = rows[-1][0] if len(rows) == limit and rows[0][0] != rows[-1][0] else None
    found = [
        (due, event.stream, event.version, event_id, name, event, attempts)
        for due, event_id, name, payload, attempts in rows
        if due != last
        for event in (msgspec.json.decode(payload, type=Event),)
    ]
    return [row[3:] for row in sorted(found, key=lambda row: row[:5])]


def _carry_out_one(database: Database, reaction: Reaction, event: Event, now: datetime) -> bool:
    key = (event.id, reaction.name)
    with database.write() as connection:
        hold(connection, OWN)
        if not try_lock(connection, f"reaction {key}"):
            return False
        p = mark(connection)
        pending = connection.exec_driver_sql(
            f"SELECT 1 FROM reactions WHERE event_id = {p} AND name = {p} AND state = 'pending'",
            key,
        ).first()
        if pending is None:
            return False
        # First the command, whose loads must come before this transaction's first write.
        at = moments.moment_of(connection, event.time, now)
        cause = Cause(event.correlation, causation=event.id, origin=event.origin)
        reaction.perform(connection, event, cause, at)
        connection.exec_driver_sql(
            f"UPDATE reactions SET state = 'done', error = NULL WHERE event_id = {p}"
            f" AND name = {p}",
            key,
        )
    log.info("reacted", reaction=reaction.name, to=event.type, correlation=event.correlation)
    return True


def _postpone(
    database: Database, event_id: str, name: str, attempts: int, error: Exception, now: datetime
) -> None:
    due = rfc3339(now + timedelta(seconds=min(2**attempts, _LONGEST_PAUSE)))
    with database.write() as connection:
        p = mark(connection)
        connection.exec_driver_sql(
            f"UPDATE reactions SET attempts = {p}, due = {p}, error = {p}"
            f" WHERE event_id = {p} AND name = {p} AND state = 'pending'",
            (attempts, due, f"{type(error).__name__}: {error}"[:500], event_id, name),
        )
