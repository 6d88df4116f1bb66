"""All that scheduling holds about a person besides the id, for a copy."""

from typing import Any

from services.scheduling import known, texts
from shared.connection import Connection
from shared.database import mark
from shared.projection.generations import OWN, active


def holdings(connection: Connection, person: str) -> dict[str, Any]:
    """What they wrote; and, as long as they are not erased, where they applied and took part."""
    found = texts.held(connection, person)
    if known.unknown_people(connection, [person]):
        return found
    n, p = active(connection, OWN), mark(connection)
    tables = {
        "applications": (f"applications_{n}", "person", ("id", "cohort", "community", "state")),
        "sponsor_of": (f"applications_{n}", "sponsor", ("id", "cohort", "state")),
        "sessions": (f"attendance_people_{n}", "person", ("session", "reply", "status")),
        "roles": (f"session_roles_{n}", "person", ("session", "role")),
    }
    for name, (table, column, columns) in tables.items():
        rows = connection.exec_driver_sql(
            f"SELECT {', '.join(columns)} FROM {table} WHERE {column} = {p} ORDER BY 1", (person,)
        )
        found[name] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found
