"""When the topics are empty: everything is sent anew, and read from the beginning."""

from shared.connection import Connection
from shared.database import mark

_WORKERS_OWN = ("consumer_reports", "relay")


def start_over(connection: Connection) -> None:
    """Forget how far the relay and the consumers of topics are. The inbox knows what comes twice.

    A feed's cursors go on, for the epoch tells what is new. The worker must be stopped meanwhile:
    it remembers its places. A rebuild that was under way begins again: its tables are empty at
    first, and fill as the events come.
    """
    for table in _WORKERS_OWN:
        connection.exec_driver_sql(f"DELETE FROM {table}")
    sql = f"DELETE FROM positions WHERE partition NOT LIKE {mark(connection)}"
    connection.exec_driver_sql(sql, ("%/feed",))
    connection.exec_driver_sql("DELETE FROM parked WHERE version = 0")
    connection.exec_driver_sql(
        "UPDATE rebuilds SET state = 'requested', done = 0 WHERE state = 'running'"
    )
