"""A community's spans are found by an index that holds all of them.

Without statistics SQLite preferred one that held all columns and began with the kind: it read the
spans of every community for each, and the landscape took a time that grew with their square.
"""

from alembic import op

revision = "discovery_0007"
down_revision = "discovery_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for n in (1, 2):
        spans = f"spans_{n}"
        op.drop_index(f"{spans}_community", spans)
        columns = ["community", "kind", "value", "began", "ended"]
        op.create_index(f"{spans}_community", spans, columns)
