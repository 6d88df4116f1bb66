"""The table of changes of addresses: the new address for 15 minutes, then, if it was confirmed, the
old one for the two days in which it is told."""

from collections.abc import Sequence
from datetime import datetime

from services.registry.identity.addresses.decider import Pending, State
from services.registry.rules import (
    ADDRESS_CHANGE_LIFETIME,
    ADDRESS_CHANGE_WINDOW,
    OLD_ADDRESS_KEPT,
)
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark, marks

_COLUMNS = "id, person, address, state, tries, asked_at"


def insert(connection: Connection, change: Pending, address_key: str) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO address_changes ({_COLUMNS}, address_key) VALUES ({marks(connection, 7)})",
        (
            change.id,
            change.person,
            change.address,
            str(change.state),
            change.tries,
            rfc3339(change.asked_at),
            address_key,
        ),
    )


def by_ids(connection: Connection, ids: Sequence[str]) -> list[Pending]:
    if not ids:
        return []
    return _select(connection, f"id IN ({marks(connection, len(ids))})", tuple(ids))


def by_id(connection: Connection, change: str) -> Pending | None:
    return next(iter(by_ids(connection, [change])), None)


def of_person(connection: Connection, person: str) -> list[Pending]:
    return _select(connection, f"person = {mark(connection)}", (person,))


def count_recent(
    connection: Connection, column: str, value: str, now: datetime
) -> tuple[int, datetime | None]:
    """How many were asked for within the last hour, and when the first of them was."""
    p = mark(connection)
    count, first = connection.exec_driver_sql(
        f"SELECT count(*), min(asked_at) FROM address_changes WHERE {column} = {p}"
        f" AND asked_at > {p}",
        (value, rfc3339(now - ADDRESS_CHANGE_WINDOW)),
    ).first()
    return count, parse_rfc3339(first) if first else None


def count_try(connection: Connection, change: str) -> None:
    connection.exec_driver_sql(
        f"UPDATE address_changes SET tries = tries + 1 WHERE id = {mark(connection)}", (change,)
    )


def complete(connection: Connection, change: str, old_address: str | None) -> None:
    p = mark(connection)
    connection.exec_driver_sql(
        f"UPDATE address_changes SET state = {p}, address = {p} WHERE id = {p}",
        (str(State.DONE), old_address, change),
    )


def tidy(connection: Connection, now: datetime) -> None:
    """Drop addresses that can no longer be confirmed, and rows that count and tell no more."""
    p, done = mark(connection), str(State.DONE)
    connection.exec_driver_sql(
        "UPDATE address_changes SET address = NULL"
        f" WHERE address IS NOT NULL AND state <> {p} AND asked_at <= {p}",
        (done, rfc3339(now - ADDRESS_CHANGE_LIFETIME)),
    )
    connection.exec_driver_sql(
        f"DELETE FROM address_changes WHERE (state <> {p} AND asked_at <= {p}) OR asked_at <= {p}",
        (done, rfc3339(now - ADDRESS_CHANGE_WINDOW), rfc3339(now - OLD_ADDRESS_KEPT)),
    )


def forget(connection: Connection, person: str, address_key: str) -> None:
    """Delete an erased person's changes, and others' attempts at their address."""
    p = mark(connection)
    connection.exec_driver_sql(
        f"DELETE FROM address_changes WHERE person = {p} OR address_key = {p}",
        (person, address_key),
    )


def _select(connection: Connection, where: str, values: tuple[str, ...]) -> list[Pending]:
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM address_changes WHERE {where} ORDER BY asked_at, id", values
    )
    return [
        Pending(change, person, address, State(state), tries, parse_rfc3339(asked_at))
        for change, person, address, state, tries, asked_at in rows
    ]
