"""How often the links of each purpose were renewed for a person: earlier ones no longer work."""

import sqlalchemy as sa
from alembic import op

revision = "spine_0005"
down_revision = "spine_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link_renewals",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("renewals", sa.Integer, nullable=False),
    )
