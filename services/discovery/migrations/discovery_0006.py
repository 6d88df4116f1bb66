"""The current map, as one row; and what communities were, from when to when, for the landscape.

The spans are made from events that an older database has read already: the worker reads them anew
after its start, while the web serves.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "discovery_0006"
down_revision = "discovery_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "charts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    for generation in (1, 2):
        op.create_table(
            f"tracks_{generation}",
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("spans", sa.Text, nullable=False),
        )
        spans = f"spans_{generation}"
        op.create_table(
            spans,
            *(
                sa.Column(name, sa.Text, nullable=False)
                for name in ("community", "kind", "value", "began", "ended")
            ),
        )
        op.create_index(f"{spans}_community", spans, ["community", "kind"])
        op.create_index(f"{spans}_kind", spans, ["kind", "value", "community", "began", "ended"])
    _ask_for_a_rebuild()


def _ask_for_a_rebuild() -> None:
    connection = op.get_bind()
    known = "SELECT 1 FROM documents_1 UNION ALL SELECT 1 FROM documents_2"
    if connection.execute(sa.text(known)).first() is None:
        return
    connection.execute(
        sa.text(
            "INSERT INTO rebuilds (name, state, done, at) VALUES ('all', 'requested', 0, :at)"
            " ON CONFLICT (name) DO UPDATE SET state = excluded.state, done = excluded.done,"
            " error = NULL, at = excluded.at"
        ),
        {"at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
    )
