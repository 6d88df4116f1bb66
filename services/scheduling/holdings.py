"""All that scheduling holds about a person besides the id, for a copy.

What a copy tells of an application is what its reader may know: no decision before its release,
and nothing that others wrote in confidence.
"""

from typing import Any

from services.scheduling import known, queries, texts
from services.scheduling.api import application_views as views
from services.scheduling.domain.application import Application, as_its_applicant_knows
from services.scheduling.projections.own import APPLICATIONS
from services.scheduling.queries import Found
from shared.connection import Connection
from shared.database import mark
from shared.projection.generations import FOLLOWED, OWN, active


def holdings(connection: Connection, person: str) -> dict[str, Any]:
    """What they wrote; and, as long as they are not erased, where they applied and took part."""
    own = _applications(connection, "person", person)
    sponsored = _applications(connection, "sponsor", person)
    released = {found.id for found in own if found.state.released}
    held = texts.held(connection, person, released)
    if known.unknown_people(connection, [person]):
        return held
    held["applications"] = views.documents_of(connection, own, for_team=False)
    held["sponsor_of"] = [_sponsored(found) for found in sponsored]
    for name, (stem, column, columns) in _TABLES.items():
        held[name] = _rows(connection, stem, column, columns, person)
    return held


# What is kept by a person's id: the table, its column with the person, and what is told of it.
_TABLES = {
    "sessions": (
        *("attendance_people", "person"),
        ("session", "reply", "coming", "status", "invited_by"),
    ),
    "guests_invited": ("attendance_people", "invited_by", ("session", "person")),
    "roles": ("session_roles", "person", ("session", "role")),
    "calendar_links": ("calendars", "person", ("id", "generation")),
    "community_roles": (
        *("community_roles", "person"),
        ("community", "role_id", "role", "begins", "ends"),
    ),
}
_OF_OTHERS = frozenset({"community_roles"})


def _applications(connection: Connection, column: str, person: str) -> list[Found]:
    return queries.select(connection, APPLICATIONS, f"{column} = {mark(connection)}", (person,))


def _sponsored(found: Found) -> dict[str, Any]:
    x: Application = as_its_applicant_knows(found.state)
    return {
        "id": found.id,
        "cohort": found.state.about.cohort,
        "state": x.state,
        "sponsor_reply": x.sponsor_reply,
    }


def _rows(
    connection: Connection, stem: str, column: str, columns: tuple[str, ...], person: str
) -> list[dict[str, Any]]:
    generation = active(connection, FOLLOWED if stem in _OF_OTHERS else OWN)
    rows = connection.exec_driver_sql(
        f"SELECT {', '.join(columns)} FROM {stem}_{generation}"
        f" WHERE {column} = {mark(connection)} ORDER BY 1",
        (person,),
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]
