"""How far each partition of each source has been applied: part of the projection's transaction."""

from shared.connection import Connection
from shared.database import mark, marks


class Fenced(Exception):
    """Another consumer moved this position: what was just polled is not ours to apply."""


def positions(connection: Connection, generation: int, source: str | None = None) -> dict[str, str]:
    """Positions by partition, of one source or of all."""
    sql = f"SELECT partition, position FROM positions WHERE generation = {mark(connection)}"
    parameters: tuple[object, ...] = (generation,)
    if source is not None:
        sql, parameters = f"{sql} AND source = {mark(connection)}", (generation, source)
    return {row[0]: row[1] for row in connection.exec_driver_sql(sql, parameters)}


def advance(
    connection: Connection,
    generation: int,
    source: str,
    partition: str,
    *,
    expected: str | None,
    position: str,
) -> None:
    """Move a position on from where the caller last saw it. Raises Fenced where it is elsewhere."""
    p = mark(connection)
    if expected is None:
        moved = connection.exec_driver_sql(
            "INSERT INTO positions (generation, source, partition, position)"
            f" VALUES ({marks(connection, 4)}) ON CONFLICT DO NOTHING",
            (generation, source, partition, position),
        )
    else:
        moved = connection.exec_driver_sql(
            f"UPDATE positions SET position = {p} WHERE generation = {p} AND source = {p}"
            f" AND partition = {p} AND position = {p}",
            (position, generation, source, partition, expected),
        )
    if moved.rowcount != 1:
        raise Fenced(f"{source} {partition} is no longer at {expected}")
