"""People: the platform's only personal data, in one erasable table beside the event store.

Events, topics and logs carry the id alone. Each person is kept for purposes, until a date or with
no end; a role held is one. When the last purpose has ended the person is erased.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from services.registry.identity.suspensions import queries as suspensions
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import lock_in_turn, mark, marks, share_lock
from shared.eventstore.events import Conflict
from shared.foundation.addresses import address_key
from shared.web.paging import Page, encode_cursor

_COLUMNS = "id, name, email, version, added_at"
_NAMED_BY_OTHERS = ("sponsor, ", "guest, ")  # purposes of those whom others gave
DIRECTORY = "directory"  # what a person is kept for where nobody said otherwise


class Person(NamedTuple):
    id: str
    name: str
    email: str | None
    version: int
    added_at: str


def shown(connection: Connection, person: Person) -> dict[str, Any]:
    """As the API shows it, to the person and to those who may see them."""
    return shown_many(connection, [person])[0]


def shown_many(connection: Connection, persons: Sequence[Person]) -> list[dict[str, Any]]:
    """As `shown`, for many at once. `suspension` says since when and why, of those suspended."""
    ids = [person.id for person in persons]
    kept_for, suspended = purposes(connection, ids), suspensions.of(connection, ids)
    return [
        person._asdict()
        | {
            "purposes": kept_for.get(person.id, []),
            "suspension": found._asdict() if (found := suspended.get(person.id)) else None,
        }
        for person in persons
    ]


def by_id(connection: Connection, person_id: str) -> Person | None:
    return _one(connection, "id", person_id)


def by_email(connection: Connection, email: str) -> Person | None:
    """Whoever has this address, however it was written then and is now."""
    return _one(connection, "email_key", address_key(email))


def by_ids(connection: Connection, ids: Sequence[str]) -> list[Person]:
    if not ids:
        return []
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM people WHERE id IN ({marks(connection, len(ids))})", tuple(ids)
    )
    return [Person._make(row) for row in rows]


def keep(connection: Connection, person_id: str) -> None:
    """Nobody erases this person before the transaction ends."""
    share_lock(connection, f"person {person_id}")


def keep_others_out(connection: Connection, person_id: str) -> None:
    """Wait for all who `keep` this person; none can until the transaction ends."""
    lock_in_turn(connection, f"person {person_id}")


def add(
    connection: Connection, person_id: str, name: str, email: str | None, now: datetime
) -> Person:
    """Raises IntegrityError where another has the address."""
    person = Person(person_id, name, email, 1, rfc3339(now))
    connection.exec_driver_sql(
        "INSERT INTO people (id, name, email, email_key, version, added_at)"
        f" VALUES ({marks(connection, 6)})",
        (person_id, name, email, address_key(email) if email else None, 1, person.added_at),
    )
    return person


def change(connection: Connection, person: Person, name: str, email: str | None) -> Person:
    """Raises IntegrityError where another has the address, Conflict where others were first."""
    p = mark(connection)
    values: tuple[str | None, ...]
    columns, values = f"name = {p}", (name,)
    if email != person.email:  # one that stays may be shared since before keys were as they are
        columns += f", email = {p}, email_key = {p}"
        values += (email, address_key(email) if email else None)
    changed = connection.exec_driver_sql(
        f"UPDATE people SET {columns}, version = version + 1 WHERE id = {p} AND version = {p}",
        (*values, person.id, person.version),
    )
    if changed.rowcount != 1:
        raise Conflict(person.id, person.version)
    return person._replace(name=name, email=email, version=person.version + 1)


def forget(connection: Connection, person_id: str) -> None:
    """Delete the row, and what it was for."""
    p = mark(connection)
    connection.exec_driver_sql(f"DELETE FROM people WHERE id = {p}", (person_id,))
    connection.exec_driver_sql(f"DELETE FROM person_purposes WHERE person = {p}", (person_id,))


def set_purpose(connection: Connection, person_id: str, purpose: str, until: date | None) -> None:
    """Keep the person for this, until the given day; None has no end."""
    connection.exec_driver_sql(
        f"INSERT INTO person_purposes (person, purpose, until) VALUES ({marks(connection, 3)})"
        " ON CONFLICT (person, purpose) DO UPDATE SET until = excluded.until",
        (person_id, purpose, until.isoformat() if until else None),
    )


def purposes(connection: Connection, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What these people are kept for, and until when."""
    found: dict[str, list[dict[str, Any]]] = {}
    if ids:
        rows = connection.exec_driver_sql(
            "SELECT person, purpose, until FROM person_purposes"
            f" WHERE person IN ({marks(connection, len(ids))}) ORDER BY person, purpose",
            tuple(ids),
        )
        for person, purpose, until in rows:
            found.setdefault(person, []).append({"purpose": purpose, "until": until})
    return found


def named_by_others(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Those who are kept only because somebody named them: as a sponsor, or as a guest."""
    if not ids:
        return set()
    rows = connection.exec_driver_sql(
        "SELECT person, purpose FROM person_purposes"
        f" WHERE person IN ({marks(connection, len(ids))})",
        tuple(ids),
    ).all()
    others = {person for person, purpose in rows if not purpose.startswith(_NAMED_BY_OTHERS)}
    return {person for person, _ in rows} - others


def without_purpose(connection: Connection, today: date, limit: int) -> list[str]:
    """People whose last purpose ended before today."""
    p = mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT id FROM people WHERE NOT EXISTS (SELECT 1 FROM person_purposes WHERE person = id"
        f" AND (until IS NULL OR until >= {p})) ORDER BY id LIMIT {p}",
        (today.isoformat(), limit),
    )
    return [row[0] for row in rows]


def list_people(connection: Connection, page: Page) -> tuple[list[Person], str | None]:
    """A page of people in the order of being added, and the cursor of the next."""
    p = mark(connection)
    where, values = "", tuple[Any, ...]()
    if page.after is not None:
        where, values = f"WHERE (added_at, id) > ({p}, {p})", page.after
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM people {where} ORDER BY added_at, id LIMIT {p}",
        (*values, page.limit + 1),
    ).all()
    found = [Person._make(row) for row in rows[: page.limit]]
    more = len(rows) > page.limit
    return found, encode_cursor("added", (found[-1].added_at, found[-1].id)) if more else None


def _one(connection: Connection, column: str, value: str) -> Person | None:
    row = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM people WHERE {column} = {mark(connection)}", (value,)
    ).first()
    return Person._make(row) if row else None
