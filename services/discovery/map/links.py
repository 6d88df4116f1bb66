"""The links that the map shows: those that are agreed now."""

from services.discovery.domain.link import ACCEPTED
from services.discovery.projections.links import LINKS
from shared.connection import Connection
from shared.database import mark
from shared.projection.generations import OWN, active

Ids = tuple[str, str]


def accepted(connection: Connection) -> list[Ids]:
    """Pairs of communities with a link."""
    sql = (
        f"SELECT low, high FROM {LINKS.table}_{active(connection, OWN)}"
        f" WHERE state = {mark(connection)}"
    )
    return sorted(tuple(row) for row in connection.exec_driver_sql(sql, (ACCEPTED,)))


def changes(connection: Connection) -> str:
    """What differs whenever the links have changed: they count their events."""
    table = f"{LINKS.table}_{active(connection, OWN)}"
    sql = f"SELECT count(*), coalesce(sum(version), 0) FROM {table}"
    count, total = connection.exec_driver_sql(sql).first()
    return f"{count}:{total}"
