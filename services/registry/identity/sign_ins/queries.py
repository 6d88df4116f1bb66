"""The table of sign-ins: who asked, until it is completed or has expired.

An address is kept for 15 minutes under the sign-in's id, the hashes by which requests are counted
for an hour.
"""

from collections.abc import Sequence
from datetime import datetime

from services.registry.identity.sign_ins.decider import Pending
from services.registry.rules import SIGN_IN_WINDOW
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark, marks

_COLUMNS = "id, address, person, expires_at, tries, completed"


def insert(
    connection: Connection, sign_in: Pending, address_key: str, network_key: str, now: datetime
) -> None:
    connection.exec_driver_sql(
        "INSERT INTO sign_ins (id, address, person, expires_at, tries, completed,"
        f" address_key, network_key, asked_at) VALUES ({marks(connection, 9)})",
        (
            sign_in.id,
            sign_in.address,
            sign_in.person,
            rfc3339(sign_in.expires),
            sign_in.tries,
            int(sign_in.completed),
            address_key,
            network_key,
            rfc3339(now),
        ),
    )


def by_id(connection: Connection, sign_in: str) -> Pending | None:
    return {found.id: found for found in by_ids(connection, [sign_in])}.get(sign_in)


def by_ids(connection: Connection, ids: Sequence[str]) -> list[Pending]:
    return _select(connection, f"id IN ({marks(connection, len(ids))})", tuple(ids)) if ids else []


def of_person(connection: Connection, person: str) -> list[Pending]:
    """Those of the last hour with an address that was the person's."""
    return _select(connection, f"person = {mark(connection)}", (person,))


def _select(connection: Connection, where: str, values: tuple[str, ...]) -> list[Pending]:
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM sign_ins WHERE {where} ORDER BY asked_at, id", values
    )
    return [
        Pending(key, address, person, parse_rfc3339(expires), tries, bool(completed))
        for key, address, person, expires, tries, completed in rows
    ]


def count_recent(
    connection: Connection, column: str, value: str, now: datetime
) -> tuple[int, datetime | None]:
    """How many were asked for within the last hour, and when the first of them was."""
    p = mark(connection)
    count, first = connection.exec_driver_sql(
        f"SELECT count(*), min(asked_at) FROM sign_ins WHERE {column} = {p} AND asked_at > {p}",
        (value, rfc3339(now - SIGN_IN_WINDOW)),
    ).first()
    return count, parse_rfc3339(first) if first else None


def count_try(connection: Connection, sign_in: str) -> None:
    connection.exec_driver_sql(
        f"UPDATE sign_ins SET tries = tries + 1 WHERE id = {mark(connection)}", (sign_in,)
    )


def complete(connection: Connection, sign_in: str, person: str) -> None:
    """It is used now, and the address goes. All with this address are the person's from now on."""
    p = mark(connection)
    connection.exec_driver_sql(
        f"UPDATE sign_ins SET person = {p}"
        f" WHERE address_key = (SELECT address_key FROM sign_ins WHERE id = {p})",
        (person, sign_in),
    )
    connection.exec_driver_sql(
        f"UPDATE sign_ins SET completed = 1, address = NULL WHERE id = {p}", (sign_in,)
    )


def end_open(connection: Connection, person: str) -> None:
    """No link and no code that was sent to the person signs in any more."""
    connection.exec_driver_sql(
        f"UPDATE sign_ins SET completed = 1, address = NULL WHERE person = {mark(connection)}",
        (person,),
    )


def forget_addresses(connection: Connection, now: datetime) -> None:
    """Drop the addresses of those that have expired, and rows that count no longer."""
    p = mark(connection)
    connection.exec_driver_sql(
        f"UPDATE sign_ins SET address = NULL WHERE address IS NOT NULL AND expires_at <= {p}",
        (rfc3339(now),),
    )
    connection.exec_driver_sql(
        f"DELETE FROM sign_ins WHERE asked_at <= {p}", (rfc3339(now - SIGN_IN_WINDOW),)
    )


def forget_person(connection: Connection, person: str, address_key: str) -> None:
    """Delete an erased person's sign-ins, and those with their address before it was theirs."""
    p = mark(connection)
    connection.exec_driver_sql(
        f"DELETE FROM sign_ins WHERE person = {p} OR address_key = {p}", (person, address_key)
    )
