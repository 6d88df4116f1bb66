"""Networks keep their former names and aliases: what is known of them is made anew from events.

The worker does so after its start, while the web serves; until then networks are found by their
present names. A database that knows no network yet has nothing to make anew.
"""

from shared.migrations.anew import read_anew

revision = "discovery_0003"
down_revision = "discovery_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    read_anew("networks")
