"""Apologies recorded ahead are kept: what is known of attendance is made anew from events.

The worker does so after its start, while the web serves; until then who sent apologies before the
upgrade is reminded as before. A database that knows of no attendance has nothing to make anew.
"""

from shared.migrations.anew import read_anew

revision = "notifications_0002"
down_revision = "notifications_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    read_anew("attendance")
