"""Texts about links say whom they are about besides their writer; erasing either removes them.

A reply and a refusal are about who proposed, the words at an end about who proposed and accepted;
who they were is known from the proposals' events. What was about somebody erased since is removed.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "discovery_0009"
down_revision = "discovery_0008"
branch_labels = None
depends_on = None

_ERASED = "discovery.person.erasure-confirmed"


def upgrade() -> None:
    op.add_column(  # opaque ids, with spaces between
        "link_texts", sa.Column("about", sa.Text, nullable=False, server_default="")
    )
    connection = op.get_bind()
    texts = connection.execute(
        sa.text("SELECT link, kind, person FROM link_texts WHERE kind <> 'message'")
    ).all()
    for link, kind, writer in texts:
        people = {by for by in _parties(connection, link, kind) if by not in (None, writer)}
        which = {"link": link, "kind": kind}
        where = "WHERE link = :link AND kind = :kind"
        if any(_erased(connection, person) for person in people):
            connection.execute(sa.text(f"DELETE FROM link_texts {where}"), which)
        elif people:
            about = {"about": " ".join(sorted(people))}
            connection.execute(
                sa.text(f"UPDATE link_texts SET about = :about {where}"), which | about
            )


def _parties(connection: sa.Connection, link: str, kind: str) -> list[Any]:
    types = ["discovery.proposal.made"]
    types += ["discovery.proposal.accepted"] if kind == "ending" else []
    rows = connection.execute(
        sa.text("SELECT type, CAST(data AS TEXT) FROM events WHERE stream_id = :stream"),
        {"stream": "prp_" + link.removeprefix("lnk_")},
    )
    return [json.loads(data).get("by") for kind_, data in rows if kind_ in types]


def _erased(connection: sa.Connection, person: str) -> bool:
    row = connection.execute(
        sa.text("SELECT 1 FROM events WHERE stream_id = :person AND type = :type"),
        {"person": person, "type": _ERASED},
    ).first()
    return row is not None
