"""Grants as they are read."""

from collections.abc import Collection
from typing import NamedTuple

from shared.connection import Connection
from shared.database import mark
from shared.projection.generations import OWN, active

_COLUMNS = "id, version, person, kind, scope, given_at, given_by, ended_at"


class GrantRow(NamedTuple):
    id: str
    version: int
    person: str
    kind: str
    scope: str | None
    given_at: str
    given_by: str | None
    ended_at: str | None


def by_id(connection: Connection, grant: str) -> GrantRow | None:
    rows = _select(connection, f"id = {mark(connection)}", (grant,))
    return rows[0] if rows else None


def present(
    connection: Connection, person: str | None = None, kind: str | None = None
) -> list[GrantRow]:
    """The grants that hold: all, or a person's, or those of one kind."""
    p = mark(connection)
    wanted = {"person": person, "kind": kind}
    given = {column: value for column, value in wanted.items() if value is not None}
    where = " AND ".join(["ended_at IS NULL", *(f"{column} = {p}" for column in given)])
    return _select(connection, where, tuple(given.values()))


def of_person(connection: Connection, person: str) -> list[GrantRow]:
    """What a person was granted, with what has ended."""
    return _select(connection, f"person = {mark(connection)}", (person,))


def holds(connection: Connection, person: str, kind: str, scopes: Collection[str | None]) -> bool:
    """Whether the person was granted this, for one of these scopes (None: for all)."""
    return any(row.scope in scopes for row in present(connection, person, kind))


def _select(connection: Connection, where: str, values: tuple[str, ...]) -> list[GrantRow]:
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM grants_{active(connection, OWN)} WHERE {where}"
        " ORDER BY given_at, id",
        values,
    )
    return [GrantRow._make(row) for row in rows]
