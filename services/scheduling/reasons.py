"""Why sessions were moved, changed, called off or reinstated: words that are in no event.

They may be about people ("Jane Doe is off sick"), so they are kept here with their writer, by the
event that they explain, and go with the writer's erasure. Who shows them asks at that moment.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import Event

_PREFIX = "scheduling.session."
_OF_THE_STATE = ("rescheduled", "postponed", "cancelled", "reinstated")
_CHUNK = 500


def keep(
    connection: Connection, events: Sequence[Event], reason: str, writer: str | None, now: datetime
) -> None:
    """Keep the reason of those of these events that say that they have one."""
    told = [(event, msgspec.json.decode(event.data)) for event in events]
    rows = [
        (
            *(event.id, event.stream, event.type.removeprefix(_PREFIX), data["sequence"]),
            *(writer, reason, rfc3339(now)),
        )
        for event, data in told
        if event.type.startswith(_PREFIX) and data.get("reasoned")
    ]
    if rows:
        connection.exec_driver_sql(
            "INSERT INTO session_reasons (event, session, change, sequence, writer, text, at)"
            f" VALUES ({marks(connection, 7)})",
            rows,
        )


def of_events(connection: Connection, events: Sequence[str]) -> dict[str, str]:
    """The reasons of these events, as far as they are kept."""
    return {row[0]: row[1] for row in _rows(connection, "event, text", "event", events)}


def of_states(connection: Connection, sessions: Sequence[str]) -> dict[tuple[str, int], str]:
    """By session and sequence, why these sessions came to a state."""
    rows = _rows(connection, "session, sequence, text, change", "session", sessions)
    return {(row[0], row[1]): row[2] for row in rows if row[3] in _OF_THE_STATE}


def _rows(connection: Connection, columns: str, of: str, values: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(values), _CHUNK):
        chunk = tuple(values[start : start + _CHUNK])
        where = f"{of} IN ({marks(connection, len(chunk))})"
        sql = f"SELECT {columns} FROM session_reasons WHERE {where}"
        found += connection.exec_driver_sql(sql, chunk)
    return found


def forget(connection: Connection, person: str) -> None:
    """Delete the reasons that a person gave."""
    sql = f"DELETE FROM session_reasons WHERE writer = {mark(connection)}"
    connection.exec_driver_sql(sql, (person,))


def held(connection: Connection, person: str) -> dict[str, Any]:
    """The reasons that a person gave, for their copy."""
    rows = connection.exec_driver_sql(
        f"SELECT session, change, text, at FROM session_reasons WHERE writer = {mark(connection)}"
        " ORDER BY at, event",
        (person,),
    )
    columns = ("session", "change", "text", "at")
    return {"session_reasons": [dict(zip(columns, row, strict=True)) for row in rows]}
