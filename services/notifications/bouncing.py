"""Addresses that bounce: counted by person and version of the address."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.notifications.contact_book import Contact, is_address
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.web.paging import Page, encode_cursor

HARD, SOFT = "hard", "soft"
ORDER = "person"
MOST_SOFT = 5  # soft bounces of one address; after that it counts as hard
_CHUNK = 500


def blocked(connection: Connection, contacts: Mapping[str, Contact]) -> set[str]:
    """Those of these people whose present address does not work."""
    found: set[str] = set()
    people = list(contacts)
    for start in range(0, len(people), _CHUNK):
        chunk = tuple(people[start : start + _CHUNK])
        rows = connection.exec_driver_sql(
            "SELECT person, address_version, hard, soft FROM bounces"
            f" WHERE person IN ({marks(connection, len(chunk))})",
            chunk,
        )
        found |= {
            person
            for person, version, hard, soft in rows
            if version == contacts[person].version and (hard or soft >= MOST_SOFT)
        }
    return found


def note(
    connection: Connection,
    person: str,
    address_version: int,
    kind: str,
    now: datetime,
    status: str = "",
) -> None:
    """Count one bounce; those of an earlier address are forgotten, and count no more.

    `status` is the enhanced code, such as 5.1.1. Of a sign-in nothing is kept: its id stands for an
    address for a quarter of an hour, whoever's it is.
    """
    if is_address(person):
        return
    hard, soft = int(kind == HARD), int(kind == SOFT)
    connection.exec_driver_sql(
        "INSERT INTO bounces (person, address_version, hard, soft, status, at)"
        f" VALUES ({marks(connection, 6)}) ON CONFLICT (person) DO UPDATE SET"
        " hard = excluded.hard + CASE WHEN bounces.address_version = excluded.address_version"
        " THEN bounces.hard ELSE 0 END,"
        " soft = excluded.soft + CASE WHEN bounces.address_version = excluded.address_version"
        " THEN bounces.soft ELSE 0 END,"
        " address_version = excluded.address_version, status = excluded.status, at = excluded.at"
        " WHERE bounces.address_version <= excluded.address_version",
        (person, address_version, hard, soft, status, rfc3339(now)),
    )


def list_bounces(
    connection: Connection, page: Page, *, blocked: bool | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the people whose messages came back, by id, and the cursor of the next.

    `blocked` picks those to whose address nothing goes any more, or the others.
    """
    p = mark(connection)
    conditions, values = ["person > " + p], [page.after[0] if page.after else ""]
    if blocked is not None:
        conditions.append(f"{'' if blocked else 'NOT '}(hard > 0 OR soft >= {MOST_SOFT})")
    rows = connection.exec_driver_sql(
        "SELECT person, hard, soft, status, at FROM bounces"
        f" WHERE {' AND '.join(conditions)} ORDER BY person LIMIT {p}",
        (*values, page.limit + 1),
    ).all()
    items = [
        {
            "person": person,
            "hard": hard,
            "soft": soft,
            "status": status,
            "at": at,
            "blocked": bool(hard or soft >= MOST_SOFT),
        }
        for person, hard, soft, status, at in rows[: page.limit]
    ]
    if len(rows) <= page.limit:
        return items, None
    return items, encode_cursor(ORDER, (items[-1]["person"],))


def blocked_since(connection: Connection, person: str) -> datetime | None:
    """When the last of a person's messages came back, where nothing goes to their address any more;
    of whichever address it was."""
    row = connection.exec_driver_sql(
        f"SELECT at FROM bounces WHERE person = {mark(connection)}"
        f" AND (hard > 0 OR soft >= {MOST_SOFT})",
        (person,),
    ).first()
    return None if row is None else parse_rfc3339(row[0])


def lift(connection: Connection, person: str) -> bool:
    """Forget a person's bounces, and with them the block; returns whether there were any."""
    sql = f"DELETE FROM bounces WHERE person = {mark(connection)}"
    return connection.exec_driver_sql(sql, (person,)).rowcount > 0


def is_blocked(connection: Connection, person: str, address_version: int) -> bool:
    return person in blocked(connection, {person: Contact("", None, address_version)})
