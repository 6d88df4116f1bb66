"""Answers kept for Idempotency-Key say whom they are about: an erasure finds all of them."""

import sqlalchemy as sa
from alembic import op

revision = "spine_0003"
down_revision = "spine_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(  # opaque ids, with spaces between
        "idempotency_keys", sa.Column("people", sa.Text, nullable=False, server_default="")
    )
