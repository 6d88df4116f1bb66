"""What a migration asks of the worker that starts after it."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op


def read_anew(table: str) -> None:
    """Ask for one rebuild of what is known of other services, unless this table knows nothing."""
    connection = op.get_bind()
    known = f"SELECT 1 FROM {table}_1 UNION ALL SELECT 1 FROM {table}_2"
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
