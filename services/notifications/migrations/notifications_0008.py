"""Who may do what: sessions that ended, grants and roles, read from the registry's events.

The worker reads them again from the beginning after its start, while the web serves.
"""

from shared.migrations.anew import read_anew
from shared.migrations.authority import create_tables

revision = "notifications_0008"
down_revision = "notifications_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tables()
    read_anew("communities")
