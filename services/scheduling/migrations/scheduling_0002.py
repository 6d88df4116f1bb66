"""Texts about applications have a writer, whose erasure removes them as the applicant's does.

Of texts that are there already the writer is known from the events beside them: what a sponsor
said is the sponsor's who refused, a reason is theirs in whose name it was given. What somebody
wrote who has been erased since, or who was replaced as sponsor, is removed.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "scheduling_0002"
down_revision = "scheduling_0001"
branch_labels = None
depends_on = None

_PREFIX = "scheduling.application."
_ERASED = "scheduling.person.erasure-confirmed"


class Happened(NamedTuple):
    type: str
    actor: str | None
    at: datetime
    data: dict[str, Any]


def upgrade() -> None:
    op.add_column("application_texts", sa.Column("writer", sa.Text))
    op.create_index("application_texts_writer", "application_texts", ["writer"])
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE application_texts SET writer = person"
            " WHERE field IN ('eligibility', 'priority', 'about')"
        )
    )
    others = connection.execute(
        sa.text("SELECT application, field, person, at FROM application_texts WHERE writer IS NULL")
    ).all()
    for application, field, person, at in others:
        events = _events(connection, application)
        kept = datetime.fromisoformat(at)
        if field == "sponsor_reason":
            writer, gone = _sponsor(events, kept)
        else:
            writer, gone = _actor(events, field, kept), False
        if writer != person:
            _complete(connection, application, field, writer, gone=gone)


def _events(connection: sa.Connection, application: str) -> list[Happened]:
    rows = connection.execute(
        sa.text(
            "SELECT type, actor, time, CAST(data AS TEXT) FROM events"
            " WHERE stream_id = :stream ORDER BY version"
        ),
        {"stream": application},
    )
    return [
        Happened(
            kind.removeprefix(_PREFIX),
            actor,
            datetime.fromisoformat(time) if isinstance(time, str) else time,
            json.loads(data),
        )
        for kind, actor, time, data in rows
    ]


def _sponsor(events: Sequence[Happened], kept: datetime) -> tuple[str | None, bool]:
    """Who had refused last when the text was kept, and whether another was named since."""
    refused, gone = None, False
    for event in events:
        if event.type == "sponsor-refused" and event.at <= kept:
            refused, gone = str(event.data["sponsor"]), False
        elif event.type == "sponsor-named":
            gone = gone or event.data["sponsor"] != refused
    return refused, gone


def _actor(events: Sequence[Happened], field: str, kept: datetime) -> str | None:
    """In whose name it was decided, or taken late, last before the text was kept."""
    kinds = ("decision-made",) if field == "decision_reason" else ("started", "submitted")
    actors = [
        event.actor
        for event in events
        if event.type in kinds
        and event.at <= kept
        and (field == "decision_reason" or event.data.get("late"))
    ]
    return actors[-1] if actors else None


def _complete(
    connection: sa.Connection, application: str, field: str, writer: str | None, *, gone: bool
) -> None:
    which = {"application": application, "field": field}
    where = "WHERE application = :application AND field = :field"
    if gone or (writer is not None and _erased(connection, writer)):
        connection.execute(sa.text(f"DELETE FROM application_texts {where}"), which)
    elif writer is not None:
        statement = sa.text(f"UPDATE application_texts SET writer = :writer {where}")
        connection.execute(statement, which | {"writer": writer})


def _erased(connection: sa.Connection, person: str) -> bool:
    row = connection.execute(
        sa.text("SELECT 1 FROM events WHERE stream_id = :person AND type = :type"),
        {"person": person, "type": _ERASED},
    ).first()
    return row is not None
