"""People's own words, and addresses to join by: in erasable tables beside the event store.

Events hold ids and the names of answers, never these. Each text is kept with its writer and with
the person it is about; the erasure of either removes it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.scheduling import reasons
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import OWN, active

# What can be written of an application, by the applicant and by others about them.
ELIGIBILITY, PRIORITY, ABOUT = "eligibility", "priority", "about"
SPONSOR_REASON, DECISION_REASON, LATE_REASON = "sponsor_reason", "decision_reason", "late_reason"
COMMUNITY = "community_description"
BY_THE_APPLICANT = (ELIGIBILITY, PRIORITY, ABOUT, COMMUNITY)


def keep_answers(
    connection: Connection,
    application: str,
    person: str,
    texts: Mapping[str, str | None],
    now: datetime,
    *,
    writer: str | None,
) -> None:
    """Keep these, about `person`, the applicant; a text that is empty or None is deleted.

    `writer` is None where the operator writes for nobody in particular.
    """
    p = mark(connection)
    for field, text in texts.items():
        if not text:
            connection.exec_driver_sql(
                f"DELETE FROM application_texts WHERE application = {p} AND field = {p}",
                (application, field),
            )
            continue
        connection.exec_driver_sql(
            "INSERT INTO application_texts (application, field, person, writer, text, at)"
            f" VALUES ({marks(connection, 6)}) ON CONFLICT (application, field) DO UPDATE"
            " SET writer = excluded.writer, text = excluded.text, at = excluded.at",
            (application, field, person, writer, text, rfc3339(now)),
        )


def delete_answer(connection: Connection, application: str, field: str) -> None:
    p = mark(connection)
    connection.exec_driver_sql(
        f"DELETE FROM application_texts WHERE application = {p} AND field = {p}",
        (application, field),
    )


def answers(connection: Connection, application: str) -> dict[str, str]:
    return answers_of(connection, [application])[application]


def answers_of(connection: Connection, applications: Sequence[str]) -> dict[str, dict[str, str]]:
    """What is written of each of these applications."""
    found: dict[str, dict[str, str]] = {application: {} for application in applications}
    for start in range(0, len(applications), 500):
        chunk = tuple(applications[start : start + 500])
        rows = connection.exec_driver_sql(
            "SELECT application, field, text FROM application_texts"
            f" WHERE application IN ({marks(connection, len(chunk))})",
            chunk,
        )
        for application, field, text in rows:
            found[application][field] = text
    return found


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


def who_reflected(connection: Connection, reflection: str) -> str | None:
    row = connection.exec_driver_sql(
        f"SELECT person FROM reflections WHERE id = {mark(connection)}", (reflection,)
    ).first()
    return row[0] if row else None


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
    """Delete all that a person wrote here, and all that others wrote about them."""
    reasons.forget(connection, person)
    p = mark(connection)
    for table, column in (
        ("application_texts", "person"),
        ("application_texts", "writer"),
        ("reflections", "person"),
    ):
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE {column} = {p}", (person,))
    connection.exec_driver_sql(  # a sponsor's, kept by the release before while both were running
        f"DELETE FROM application_texts WHERE field = '{SPONSOR_REASON}' AND writer IS NULL"
        f" AND application IN"
        f" (SELECT id FROM applications_{active(connection, OWN)} WHERE sponsor = {p})",
        (person,),
    )


def held(connection: Connection, person: str, released: Collection[str]) -> dict[str, Any]:
    """What a person wrote here, and what was written about them, for their copy.

    What others wrote in confidence is named without its words; that a decision has a reason only
    of the applications that are `released`.
    """
    p = mark(connection)
    rows = connection.exec_driver_sql(
        "SELECT application, field, text, at, writer FROM application_texts"
        f" WHERE person = {p} OR writer = {p} ORDER BY application, field",
        (person, person),
    )
    words = connection.exec_driver_sql(
        f"SELECT session, text, at FROM reflections WHERE person = {p} ORDER BY at, id", (person,)
    )
    return {
        "application_texts": [
            _for_copy(*row, person=person)
            for row in rows
            if row[4] == person or row[1] != DECISION_REASON or row[0] in released
        ],
        "reflections": [dict(zip(("session", "text", "at"), row, strict=True)) for row in words],
        **reasons.held(connection, person),
    }


def _for_copy(
    application: str, field: str, text: str, at: str, writer: str | None, *, person: str
) -> dict[str, Any]:
    found = {"application": application, "field": field, "at": at}
    if field in BY_THE_APPLICANT or writer == person:
        return found | {"text": text}
    return found | {"in_confidence": True}
