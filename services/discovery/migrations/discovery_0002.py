"""Sentence vectors, by the hash of the text that they were made of."""

import sqlalchemy as sa
from alembic import op

revision = "discovery_0002"
down_revision = "discovery_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vectors",
        sa.Column("text_hash", sa.Text, primary_key=True),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),  # float16, little-endian, length 1
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    op.create_index("vectors_changed", "vectors", ["changed"])
