"""By what those who brought an event about acted; nothing is said of earlier ones."""

import sqlalchemy as sa
from alembic import op

revision = "spine_0012"
down_revision = "spine_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("via", sa.Text, nullable=True))
