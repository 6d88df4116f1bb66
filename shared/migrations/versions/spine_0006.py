"""Signs of life of workers, and which of their loops fail: for status and metrics."""

import sqlalchemy as sa
from alembic import op

revision = "spine_0006"
down_revision = "spine_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "worker_signs",
        sa.Column("worker", sa.Text, primary_key=True),  # the machine's name
        sa.Column("seen_at", sa.Text, nullable=False),  # while all its loops did their rounds
    )
    op.create_table(
        "loop_failures",
        sa.Column("worker", sa.Text, primary_key=True),
        sa.Column("loop", sa.Text, primary_key=True),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
    )
