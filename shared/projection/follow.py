"""Following a stamped projection's table from another process: which rows changed since last time.

On PostgreSQL the mark is the oldest transaction that was still running at the last look: rows
written since bear its id or a later one, and a few may be told twice. On SQLite, where writers take
turns, it is a count that rises with each row written.
"""

from collections.abc import Iterator
from typing import NamedTuple

from shared.connection import Connection
from shared.database import mark
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import Projection, Row, as_row


class Mark(NamedTuple):
    generation: int
    at: int


def horizon(connection: Connection, projection: Projection) -> Mark:
    """Where to go on from, taken before the rows are read."""
    generation = active(connection, FOLLOWED)
    if connection.dialect == "postgresql":
        sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    else:
        sql = f"SELECT coalesce(max(changed), 0) + 1 FROM {projection.table}_{generation}"
    return Mark(generation, connection.exec_driver_sql(sql).scalar_one())


def rows_since(connection: Connection, projection: Projection, since: Mark) -> Iterator[Row]:
    """Rows of the mark's generation that changed at the mark or later, as they are now."""
    rows = connection.exec_driver_sql(
        f"SELECT {', '.join(projection.columns)} FROM {projection.table}_{since.generation}"
        f" WHERE changed >= {mark(connection)}",
        (since.at,),
    )
    return (as_row(projection, values) for values in rows)
