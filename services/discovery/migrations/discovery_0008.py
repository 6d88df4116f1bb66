"""Askers are network addresses from here on, and no browsers.

Whether two hashes of an address and a browser are of one address nobody can say: all that were
made with one salt count as one asker, and what comes is hashed with a new salt.
"""

from alembic import op

revision = "discovery_0008"
down_revision = "discovery_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE unmet_searches SET asker = salt")
    op.execute("DELETE FROM asker_salts")
