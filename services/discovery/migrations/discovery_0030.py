"""What scores mean with an operator's own sentence model, by the model's id."""

import sqlalchemy as sa
from alembic import op

revision = "discovery_0030"
down_revision = "discovery_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("scales", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
