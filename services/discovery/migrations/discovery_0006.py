"""The current map, as one row; and what communities were, from when to when, for the landscape.

The spans are made from events that an older database has read already: the worker reads them anew
after its start, while the web serves.
"""

import sqlalchemy as sa
from alembic import op

from shared.migrations.anew import read_anew

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
    read_anew("documents")
