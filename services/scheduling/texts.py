"""People's own words, and addresses to join by: in erasable tables beside the event store.

Events hold ids and the names of answers, never these.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import OWN, active

# What can be written of an application, by the applicant and by others about them.
ELIGIBILITY, PRIORITY, ABOUT = "eligibility", "priority", "about"
SPONSOR_REASON, DECISION_REASON, LATE_REASON = "sponsor_reason", "decision_reason", "late_reason"
BY_THE_APPLICANT = (ELIGIBILITY, PRIORITY, ABOUT)


def keep_answers(
    connection: Connection,
    application: str,
    person: str,
    texts: Mapping[str, str | None],
    now: datetime,
) -> None:
    """Keep these; a text that is empty or None is deleted."""
    p = mark(connection)
    for field, text in texts.items():
        if not text:
            connection.exec_driver_sql(
                f"DELETE FROM application_texts WHERE application = {p} AND field = {p}",
                (application, field),
            )
            continue
        connection.exec_driver_sql(
            "INSERT INTO application_texts (application, field, person, text, at)"
            f" VALUES ({marks(connection, 5)}) ON CONFLICT (application, field)"
            " DO UPDATE SET text = excluded.text, at = excluded.at",
            (application, field, person, text, rfc3339(now)),
        )


def answers(connection: Connection, application: str) -> dict[str, str]:
    rows = connection.exec_driver_sql(
        f"SELECT field, text FROM application_texts WHERE application = {mark(connection)}",
        (application,),
    )
    return {row[0]: row[1] for row in rows}


def delete_answers(connection: Connection, application: str) -> None:
    connection.exec_driver_sql(
        f"DELETE FROM application_texts WHERE application = {mark(connection)}", (application,)
    )


def keep_reflection(
    connection: Connection, reflection: str, session: str, person: str, text: str, now: datetime
) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO reflections (id, session, person, text, at) VALUES ({marks(connection, 5)})",
        (reflection, session, person, text, rfc3339(now)),
    )


def reflections(connection: Connection, session: str) -> list[dict[str, Any]]:
    rows = connection.exec_driver_sql(
        "SELECT id, person, text, at FROM reflections"
        f" WHERE session = {mark(connection)} ORDER BY at, id",
        (session,),
    )
    return [dict(zip(("id", "person", "text", "at"), row, strict=True)) for row in rows]


def delete_reflection(connection: Connection, session: str, reflection: str) -> bool:
    """Whether there was one."""
    p = mark(connection)
    found = connection.exec_driver_sql(
        f"DELETE FROM reflections WHERE id = {p} AND session = {p}", (reflection, session)
    )
    return found.rowcount > 0


def join_address(connection: Connection, session: str) -> str | None:
    row = connection.exec_driver_sql(
        f"SELECT address FROM join_addresses WHERE session = {mark(connection)}", (session,)
    ).first()
    return row[0] if row else None


def join_addresses(connection: Connection, sessions: Sequence[str]) -> dict[str, str]:
    """Of those of these sessions that have one."""
    found: dict[str, str] = {}
    for start in range(0, len(sessions), 500):
        chunk = tuple(sessions[start : start + 500])
        rows = connection.exec_driver_sql(
            "SELECT session, address FROM join_addresses"
            f" WHERE session IN ({marks(connection, len(chunk))})",
            chunk,
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def set_join_address(connection: Connection, session: str, address: str | None) -> None:
    p = mark(connection)
    connection.exec_driver_sql(f"DELETE FROM join_addresses WHERE session = {p}", (session,))
    if address:
        connection.exec_driver_sql(
            f"INSERT INTO join_addresses (session, address) VALUES ({p}, {p})", (session, address)
        )


def forget(connection: Connection, person: str) -> None:
    """Delete all that a person wrote here."""
    p = mark(connection)
    for table in ("application_texts", "reflections"):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE person = {p}", (person,))
    connection.exec_driver_sql(  # what they wrote as somebody's sponsor
        f"DELETE FROM application_texts WHERE field = '{SPONSOR_REASON}' AND application IN"
        f" (SELECT id FROM applications_{active(connection, OWN)} WHERE sponsor = {p})",
        (person,),
    )


def held(connection: Connection, person: str) -> dict[str, Any]:
    """What a person wrote here, for their copy."""
    p = mark(connection)
    texts = connection.exec_driver_sql(
        f"SELECT application, field, text FROM application_texts WHERE person = {p}", (person,)
    )
    words = connection.exec_driver_sql(
        f"SELECT session, text FROM reflections WHERE person = {p}", (person,)
    )
    return {
        "application_texts": [
            {"application": row[0], "field": row[1], "text": row[2]} for row in texts
        ],
        "reflections": [{"session": row[0], "text": row[1]} for row in words],
    }
