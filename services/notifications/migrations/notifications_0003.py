"""Regions are compared by one key: see shared/foundation/names.py."""

from shared.migrations.name_keys import update_key

revision = "notifications_0003"
down_revision = "notifications_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for n in (1, 2):
        update_key(f"communities_{n}", "region", "content", lambda content: content["region"])
