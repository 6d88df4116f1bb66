"""Messages to the conveners of communities: texts of people, beside the event store."""

import sqlalchemy as sa
from alembic import op

revision = "notifications_0009"
down_revision = "notifications_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("community", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text),
        sa.Column("answers", sa.Text, unique=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("messages_sender", "messages", ["sender", "at"])
    op.create_index("messages_recipient", "messages", ["recipient", "at"])
    op.create_index("messages_community", "messages", ["community", "at"])
