"""Who read whose data by their task, when and why: erasable, and for a year."""

import sqlalchemy as sa
from alembic import op

revision = "spine_0011"
down_revision = "spine_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "personal_reads",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False, index=True),
        sa.Column("reader", sa.Text, index=True),  # gone once the reader is erased
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_index("personal_reads_person", "personal_reads", ["person", "at", "id"])
