"""Reasons of what became of sessions, kept beside the events where they can be erased.

Those that past events hold are copied with their writer, but those of people erased since; the
read models keep none.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "scheduling_0003"
down_revision = "scheduling_0002"
branch_labels = None
depends_on = None

_PREFIX = "scheduling.session."
_OF_THE_STATE = ("rescheduled", "postponed", "cancelled", "reinstated")


def upgrade() -> None:
    op.create_table(
        "session_reasons",
        sa.Column("event", sa.Text, primary_key=True),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("change", sa.Text, nullable=False),  # the event's name, such as cancelled
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("writer", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("session_reasons_session", "session_reasons", ["session"])
    op.create_index("session_reasons_writer", "session_reasons", ["writer"])
    connection = op.get_bind()
    reasoned_at = _copy(connection)
    for generation in (1, 2):
        _take_out(connection, f"sessions_{generation}", reasoned_at)


def _copy(connection: sa.Connection) -> dict[str, int | None]:
    """The sequence at which each session's present state was given a reason."""
    gone = set(
        connection.execute(
            sa.text("SELECT stream_id FROM events WHERE type = :type"),
            {"type": "scheduling.person.erasure-confirmed"},
        ).scalars()
    )
    rows = connection.execute(
        sa.text(
            "SELECT event_id, stream_id, type, actor, time, CAST(data AS TEXT) FROM events"
            " WHERE type LIKE :kind AND schema_version = 1 ORDER BY stream_id, version"
        ),
        {"kind": f"{_PREFIX}%"},
    ).all()
    reasoned_at: dict[str, int | None] = {}
    for event, session, kind, actor, at, text in rows:
        data, change = json.loads(text), kind.removeprefix(_PREFIX)
        reason = data.get("reason")
        if change in _OF_THE_STATE:
            reasoned_at[session] = data["sequence"] if reason else None
        if reason and actor not in gone:
            _keep(connection, event, session, change, data["sequence"], actor, reason, at)
    return reasoned_at


def _keep(connection: sa.Connection, *values: Any) -> None:
    names = ("event", "session", "change", "sequence", "writer", "text", "at")
    row = dict(zip(names, values, strict=True))
    row["at"] = row["at"] if isinstance(row["at"], str) else row["at"].isoformat()
    marks = ", ".join(f":{name}" for name in names)
    statement = f"INSERT INTO session_reasons ({', '.join(names)}) VALUES ({marks})"
    connection.execute(sa.text(statement), row)


def _take_out(connection: sa.Connection, table: str, reasoned_at: dict[str, int | None]) -> None:
    rows = connection.execute(sa.text(f"SELECT id, record FROM {table}")).all()
    for session, text in rows:
        record = json.loads(text)
        record["reasoned_at"] = reasoned_at.get(session)
        if record.pop("reason", None) is not None:
            connection.execute(
                sa.text(f"UPDATE {table} SET record = :record WHERE id = :id"),
                {"record": json.dumps(record), "id": session},
            )
