"""Networks keep their former names and aliases: what is known of them is made anew from events.

The worker does so after its start, while the web serves; until then networks are found by their
present names. A database that knows no network yet has nothing to make anew.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "discovery_0003"
down_revision = "discovery_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    known = "SELECT 1 FROM networks_1 UNION ALL SELECT 1 FROM networks_2"
    if connection.execute(sa.text(known)).first() is None:
        return
    connection.execute(
        sa.text(
            "INSERT INTO rebuilds (name, state, done, at) VALUES ('all', 'requested', 0, :at)"
            " ON CONFLICT (name) DO UPDATE SET state = excluded.state, done = excluded.done,"
            " error = NULL, at = excluded.at"
        ),
        {"at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
    )
