"""Apologies recorded ahead are kept: what is known of attendance is made anew from events.

The worker does so after its start, while the web serves; until then who sent apologies before the
upgrade is reminded as before. A database that knows of no attendance has nothing to make anew.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "notifications_0002"
down_revision = "notifications_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    known = "SELECT 1 FROM attendance_1 UNION ALL SELECT 1 FROM attendance_2"
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
