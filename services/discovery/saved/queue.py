"""The communities that saved searches are to be matched with: a row each, until it is done."""

from datetime import datetime
from typing import NamedTuple

from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import Event


class ToMatch(NamedTuple):
    """A community, and the last event that it is to be matched for."""

    community: str
    event_id: str
    correlation: str
    at: str

    @property
    def since(self) -> datetime:
        return parse_rfc3339(self.at)


def put(connection: Connection, event: Event) -> None:
    """Ask for a community to be matched; once, however often it has changed meanwhile."""
    connection.exec_driver_sql(
        f"INSERT INTO to_match (community, event_id, correlation, at)"
        f" VALUES ({marks(connection, 4)}) ON CONFLICT (community) DO UPDATE SET"
        " event_id = excluded.event_id, correlation = excluded.correlation, at = excluded.at",
        (event.stream, event.id, event.correlation, rfc3339(event.time)),
    )


def first(connection: Connection, count: int) -> list[ToMatch]:
    """Those that have waited longest."""
    rows = connection.exec_driver_sql(
        "SELECT community, event_id, correlation, at FROM to_match"
        f" ORDER BY at, community LIMIT {mark(connection)}",
        (count,),
    )
    return [ToMatch(*row) for row in rows]


def has(connection: Connection, wanted: ToMatch) -> bool:
    """Whether it still waits, for this event."""
    p = mark(connection)
    sql = f"SELECT 1 FROM to_match WHERE community = {p} AND event_id = {p}"
    return connection.exec_driver_sql(sql, (wanted.community, wanted.event_id)).first() is not None


def take(connection: Connection, done: ToMatch) -> None:
    """It was matched; one that has changed since waits on."""
    p = mark(connection)
    sql = f"DELETE FROM to_match WHERE community = {p} AND event_id = {p}"
    connection.exec_driver_sql(sql, (done.community, done.event_id))


def waiting(connection: Connection) -> int:
    """How many wait."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM to_match").scalar_one())
