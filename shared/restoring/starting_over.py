"""When the topics are empty: everything is sent anew, and read from the beginning."""

from shared.connection import Connection
from shared.database import mark
from shared.eventstore.epochs import Reason, present_epoch
from shared.projection import rebuild
from shared.restoring import republishing
from shared.service import Service

_WORKERS_OWN = ("consumer_reports", "relay")


def start_over_and_tell(service: Service) -> int:
    """Start over, and tell followers by a new epoch; returns the epoch.

    `service` works as the role that owns the tables. Where an upgrade has to publish the past again
    this is how, and what is kept of others' events is rebuilt: the release before had read them.
    """
    with service.database.write() as connection:
        due = republishing.is_due(connection)
        if not due:
            epoch = service.raise_epoch(connection, Reason.RESENT)
        elif republishing.begin(connection):
            epoch = service.raise_epoch(connection, Reason.REPUBLISHED)
        else:
            epoch = present_epoch(connection)
        start_over(connection)
        if due:
            rebuild.request(connection, "all", service.clock)
        return epoch


def start_over(connection: Connection) -> None:
    """Forget how far the relay and the consumers of topics are. The inbox knows what comes twice.

    A feed's cursors go on, for the epoch tells what is new. The worker must be stopped meanwhile:
    it remembers its places. A rebuild that was under way begins again, and waits for what the
    service had read to come again.
    """
    for table in _WORKERS_OWN:
        connection.exec_driver_sql(f"DELETE FROM {table}")
    sql = f"DELETE FROM positions WHERE partition NOT LIKE {mark(connection)}"
    connection.exec_driver_sql(sql, ("%/feed",))
    connection.exec_driver_sql("DELETE FROM parked WHERE version = 0")
    connection.exec_driver_sql(
        "UPDATE rebuilds SET state = 'requested', done = 0 WHERE state = 'running'"
    )
