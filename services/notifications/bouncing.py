"""Addresses that bounce: counted by person and version of the address."""

from collections.abc import Mapping
from datetime import datetime

from services.notifications.contact_book import Contact
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import marks

HARD, SOFT = "hard", "soft"
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
    connection: Connection, person: str, address_version: int, kind: str, now: datetime
) -> None:
    """Count one bounce; those of an earlier address are forgotten."""
    hard, soft = int(kind == HARD), int(kind == SOFT)
    connection.exec_driver_sql(
        "INSERT INTO bounces (person, address_version, hard, soft, at)"
        f" VALUES ({marks(connection, 5)}) ON CONFLICT (person) DO UPDATE SET"
        " hard = excluded.hard + CASE WHEN bounces.address_version = excluded.address_version"
        " THEN bounces.hard ELSE 0 END,"
        " soft = excluded.soft + CASE WHEN bounces.address_version = excluded.address_version"
        " THEN bounces.soft ELSE 0 END,"
        " address_version = excluded.address_version, at = excluded.at",
        (person, address_version, hard, soft, rfc3339(now)),
    )


def is_blocked(connection: Connection, person: str, address_version: int) -> bool:
    return person in blocked(connection, {person: Contact("", None, address_version)})
