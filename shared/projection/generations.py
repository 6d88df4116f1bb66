"""Which of its two sets of tables a group of projections is read from and written to.

A service has two groups: OWN, changed in the transaction that appends its own events, and FOLLOWED,
built from the events of other services.
"""

from shared.connection import Connection
from shared.database import lock_in_turn, mark, marks, share_lock

OWN, FOLLOWED = "own", "followed"


def active(connection: Connection, group: str) -> int:
    """The generation in use: 1 or 2."""
    known = connection.generations
    if known is not None and group in known:
        return known[group]
    sql = f"SELECT active FROM generations WHERE name = {mark(connection)}"
    row = connection.exec_driver_sql(sql, (group,)).first()
    found: int = row[0] if row else 1
    if known is not None:
        known[group] = found
    return found


def hold(connection: Connection, group: str) -> None:
    """Keep the group's generation as it is until this transaction ends.

    A statement of its own, before `active`: one statement for both would read `active` as it was
    before a wait for the lock.
    """
    share_lock(connection, f"generation of {group}")


def swap(connection: Connection, group: str) -> None:
    """Read and write the other generation from the end of this transaction on.

    The caller has called `keep_writers_out` before.
    """
    connection.exec_driver_sql(
        f"INSERT INTO generations (name, active) VALUES ({marks(connection, 2)})"
        " ON CONFLICT (name) DO UPDATE SET active = excluded.active",
        (group, 3 - active(connection, group)),
    )


def keep_writers_out(connection: Connection, group: str) -> None:
    """Wait for all who `hold` the group, and keep others out until this transaction ends."""
    lock_in_turn(connection, f"generation of {group}")
