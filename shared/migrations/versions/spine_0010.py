"""Epochs that followers are told of, and what an upgrade has yet to publish again.

`epochs` says why each epoch began that followers must know of. `republishing` has a row while what
was published before this migration is still to be published again in today's form.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "spine_0010"
down_revision = "spine_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "epochs",
        sa.Column("epoch", sa.BigInteger, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),  # of the event that says so
        sa.Column("continues_after", sa.Text, nullable=False),  # the last cursor before
    )
    op.create_table(
        "republishing",
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
    )
    connection = op.get_bind()
    if connection.execute(sa.text("SELECT 1 FROM events LIMIT 1")).first() is not None:
        connection.execute(
            sa.text("INSERT INTO republishing (what, since) VALUES ('everything', :at)"),
            {"at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
        )
