"""What a service remembers of events that their source, put back from a backup, no longer has.

Services are backed up at slightly different moments, so one may have applied an event that its
owner's backup lacks. Its read models are then filled anew from what the source says now. What the
event had already brought about here cannot be taken back: it is parked for a person to look at.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import INTERNAL, START, Event
from shared.projection.generations import FOLLOWED, active
from shared.projection.inbox import DIVERGENCE, Inbox
from shared.projection.projection import Projection

_STREAMS = 500
_GENERATIONS = (1, 2)


class Lost(NamedTuple):
    """An event that was applied here, and that its source does not have."""

    source: str
    stream: str
    version: int
    id: str


class Reconciled(NamedTuple):
    """`lost` events were known here; of these, `unresolved` had brought something about."""

    lost: int
    unresolved: int


def reconcile(
    connection: Connection,
    projections: Sequence[Projection],
    sources: Mapping[str, Connection],
    now: datetime,
) -> Reconciled:
    """Bring what was built from others' events in line with what these have now.

    Works within the caller's transaction; nothing else may be at work on the database.
    """
    generation = active(connection, FOLLOWED)
    lost = [
        event
        for name, source in sources.items()
        for table in ("inbox", "parked")
        for event in _lost(connection, table, generation, name, source)
    ]
    if not lost:
        return Reconciled(0, 0)
    _drop_pending(connection, lost)
    consequences = _consequences(connection, lost)
    for each in _GENERATIONS:
        _forget(connection, projections, each)
    for event in lost:
        if said := consequences.get(event.id):
            inbox = Inbox(connection, generation, event.source)
            inbox.park(_stand_in(event, now), DIVERGENCE, now, f"its source lost it; here {said}")
    return Reconciled(len(lost), len(consequences))


def _lost(
    connection: Connection, table: str, generation: int, name: str, source: Connection
) -> Iterator[Lost]:
    p = mark(connection)
    # Version 0 is that of a record in a topic that was no event.
    ours = f"FROM {table} WHERE version > 0 AND generation = {p} AND source = {p}"
    after = ""
    while True:
        streams = [
            row[0]
            for row in connection.exec_driver_sql(
                f"SELECT DISTINCT stream_id {ours} AND stream_id > {p}"
                f" ORDER BY stream_id LIMIT {p}",
                (generation, name, after, _STREAMS),
            )
        ]
        if not streams:
            return
        after = streams[-1]
        there = _versions(source, "FROM events WHERE TRUE", (), streams)
        known = _versions(connection, ours, (generation, name), streams)
        yield from (Lost(name, *event) for event in sorted(known - there))


def _versions(
    connection: Connection, where: str, values: Sequence[Any], streams: Sequence[str]
) -> set[tuple[str, int, str]]:
    rows = connection.exec_driver_sql(
        f"SELECT stream_id, version, event_id {where}"
        f" AND stream_id IN ({marks(connection, len(streams))})",
        (*values, *streams),
    )
    return {(row[0], row[1], row[2]) for row in rows}


def _drop_pending(connection: Connection, lost: Sequence[Lost]) -> None:
    """Nothing is done any more about what did not happen."""
    sql = f"DELETE FROM reactions WHERE state = 'pending' AND event_id = {mark(connection)}"
    connection.exec_driver_sql(sql, [(event.id,) for event in lost])


def _consequences(connection: Connection, lost: Sequence[Lost]) -> dict[str, str]:
    """What each event had brought about here, in words; nothing for one that only was read."""
    done: dict[str, list[str]] = {}
    caused: dict[str, int] = {}
    for start in range(0, len(lost), _STREAMS):
        ids = tuple(event.id for event in lost[start : start + _STREAMS])
        any_of = f"IN ({marks(connection, len(ids))})"
        for event_id, name in connection.exec_driver_sql(
            f"SELECT event_id, name FROM reactions WHERE event_id {any_of} ORDER BY name", ids
        ):
            done.setdefault(event_id, []).append(name)
        caused |= {
            row[0]: row[1]
            for row in connection.exec_driver_sql(
                "SELECT causation_id, count(*) FROM events"
                f" WHERE causation_id {any_of} GROUP BY causation_id",
                ids,
            )
        }
    return {
        event_id: f"it was reacted to ({', '.join(done.get(event_id, ['by a command']))});"
        f" events that followed: {caused.get(event_id, 0)}"
        for event_id in done.keys() | caused.keys()
    }


def _forget(connection: Connection, projections: Sequence[Projection], generation: int) -> None:
    """Everything that came from others is read and folded anew.

    Reactions are not: that each event was reacted to stays noted with its id.
    """
    for projection in projections:
        for table in projection.tables(generation):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    for table in ("inbox", "parked", "positions"):
        sql = f"DELETE FROM {table} WHERE generation = {mark(connection)}"
        connection.exec_driver_sql(sql, (generation,))


def _stand_in(lost: Lost, now: datetime) -> Event:
    return Event(
        *START,
        stream=lost.stream,
        version=lost.version,
        id=lost.id,
        type=f"{lost.source}.lost",
        schema=1,
        time=now,
        audience=INTERNAL,
        correlation="restored",
        causation=None,
        actor=None,
        data=msgspec.json.encode(lost.id).decode(),
    )
