"""Who is suspended and why, and addresses that are being changed: all of it erasable."""

import sqlalchemy as sa
from alembic import op

revision = "registry_0011"
down_revision = "registry_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(  # while it lasts: events tell that it did, without a reason
        "suspensions",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, index=True),  # gone once that person is erased
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_table(
        "address_changes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False, index=True),
        sa.Column("address", sa.Text),  # the new one while it can be confirmed, then the old one
        sa.Column("address_key", sa.Text, nullable=False, index=True),  # a hash, to count by
        sa.Column("state", sa.Text, nullable=False),  # open, taken or done
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("asked_at", sa.Text, nullable=False, index=True),
    )
