"""The table of suspensions: who is suspended now, why and by whom."""

from collections.abc import Sequence
from typing import NamedTuple

from shared.connection import Connection
from shared.database import mark, marks

_COLUMNS = 'person, reason, "by", via, at'


class Suspension(NamedTuple):
    """`by` is the person who suspended, or for whom the operator's token was used, if anybody."""

    person: str
    reason: str
    by: str | None
    via: str
    at: str


def insert(connection: Connection, suspension: Suspension) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO suspensions ({_COLUMNS}) VALUES ({marks(connection, 5)})", suspension
    )


def by_person(connection: Connection, person: str) -> Suspension | None:
    return of(connection, [person]).get(person)


def of(connection: Connection, persons: Sequence[str]) -> dict[str, Suspension]:
    """Those of these people who are suspended."""
    if not persons:
        return {}
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM suspensions WHERE person IN ({marks(connection, len(persons))})",
        tuple(persons),
    )
    return {row[0]: Suspension._make(row) for row in rows}


def delete(connection: Connection, person: str) -> None:
    connection.exec_driver_sql(
        f"DELETE FROM suspensions WHERE person = {mark(connection)}", (person,)
    )


def forget(connection: Connection, person: str) -> None:
    """Of an erased person nothing is kept, neither as the one suspended nor as who did it."""
    delete(connection, person)
    connection.exec_driver_sql(
        f'UPDATE suspensions SET "by" = NULL, reason = \'\' WHERE "by" = {mark(connection)}',
        (person,),
    )
