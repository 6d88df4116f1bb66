"""When a database was put back from a backup: what happened before is not told again."""

import sqlalchemy as sa
from alembic import op

revision = "spine_0002"
down_revision = "spine_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restores",
        sa.Column("at", sa.Text, primary_key=True),
        sa.Column("taken", sa.Text, nullable=False),  # when the backup was
    )
