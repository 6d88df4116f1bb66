"""Where an event comes from, where it is not from people: `example`. Told to nobody."""

import sqlalchemy as sa
from alembic import op

revision = "spine_0004"
down_revision = "spine_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("origin", sa.Text, nullable=True))
