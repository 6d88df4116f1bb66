"""The garden's read models, each in two generations."""

import sqlalchemy as sa
from alembic import op

revision = "garden_0001"
down_revision = None
branch_labels = ("garden",)
depends_on = ("spine_0001",)


def upgrade() -> None:
    for generation in (1, 2):
        op.create_table(
            f"plots_{generation}",
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("version", sa.Integer, nullable=False),
            sa.Column("name", sa.Text, nullable=False),
            sa.Column("litres", sa.Integer, sa.CheckConstraint("litres < 1000"), nullable=False),
            sa.Column("crops", sa.Text, nullable=False),
            sa.Column("changed", sa.BigInteger, nullable=False),
        )
        op.create_table(
            f"plot_crops_{generation}",
            sa.Column("plot", sa.Text, primary_key=True),
            sa.Column("crop", sa.Text, primary_key=True),
        )
        op.create_table(
            f"water_{generation}",
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("litres", sa.Integer, nullable=False),
        )
    op.create_table(  # what reactions did, as often as they did it
        "deeds",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("deed", sa.Text, nullable=False),
    )
