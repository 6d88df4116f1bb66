"""What discovery knows of the registry's communities and networks, each in two generations."""

import sqlalchemy as sa
from alembic import op

revision = "discovery_0001"
down_revision = None
branch_labels = ("discovery",)
depends_on = ("spine_0001",)


def upgrade() -> None:
    for generation in (1, 2):
        for stem in ("documents", "networks"):
            name = f"{stem}_{generation}"
            op.create_table(
                name,
                sa.Column("id", sa.Text, primary_key=True),
                sa.Column("version", sa.Integer, nullable=False),
                sa.Column("at", sa.Text, nullable=False),
                sa.Column("content", sa.Text, nullable=False),
                sa.Column("changed", sa.BigInteger, nullable=False),
            )
            op.create_index(f"{name}_changed", name, ["changed"])
