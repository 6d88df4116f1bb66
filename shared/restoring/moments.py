"""When this database was last put back from a backup.

What happened until then may have been told, sent or done before it was lost: nobody knows.
"""

from datetime import datetime

from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import marks

REASON = "restored from a backup: it may have been sent before"
"""Why what was due at such a moment is not sent; said in ledgers."""


def last(connection: Connection) -> datetime | None:
    """The moment of the last restore; None where there never was one."""
    at = connection.exec_driver_sql("SELECT max(at) FROM restores").scalar_one()
    return parse_rfc3339(at) if at else None


def told_before(connection: Connection, moment: datetime) -> bool:
    """Whether what was due at `moment` may have been done before a restore."""
    restored = last(connection)
    return restored is not None and moment <= restored


def moment_of(connection: Connection, cause: datetime, now: datetime) -> datetime:
    """When what follows from something at `cause` happens: now.

    But what follows from something before a restore had followed, and been told, before it was
    lost: it bears the restore's moment, so that it is told to nobody again.
    """
    restored = last(connection)
    return restored if restored is not None and cause <= restored else now


def note(connection: Connection, at: datetime, taken: str) -> None:
    """`taken` says when the backup was taken."""
    connection.exec_driver_sql(
        f"INSERT INTO restores (at, taken) VALUES ({marks(connection, 2)}) ON CONFLICT DO NOTHING",
        (rfc3339(at), taken),
    )
