"""People: the platform's only personal data, in one erasable table beside the event store.

Events, topics and logs carry the id alone.
"""

from datetime import datetime
from typing import Any, NamedTuple

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import Conflict
from shared.web.paging import Page, encode_cursor

_COLUMNS = "id, name, email, version, added_at"


class Person(NamedTuple):
    id: str
    name: str
    email: str | None
    version: int
    added_at: str

    def shown(self) -> dict[str, Any]:
        """As the API shows it, to those with a token."""
        return self._asdict()


def by_id(connection: Connection, person_id: str) -> Person | None:
    return _one(connection, "id", person_id)


def by_email(connection: Connection, email: str) -> Person | None:
    """Addresses differ only in case for nobody that we know: they are compared without."""
    return _one(connection, "email_key", email.casefold())


def add(
    connection: Connection, person_id: str, name: str, email: str | None, now: datetime
) -> Person:
    """Raises IntegrityError where another has the address."""
    person = Person(person_id, name, email, 1, rfc3339(now))
    connection.exec_driver_sql(
        "INSERT INTO people (id, name, email, email_key, version, added_at)"
        f" VALUES ({marks(connection, 6)})",
        (person_id, name, email, email.casefold() if email else None, 1, person.added_at),
    )
    return person


def change(connection: Connection, person: Person, name: str, email: str | None) -> Person:
    """Raises IntegrityError where another has the address, Conflict where it changed meanwhile."""
    p = mark(connection)
    changed = connection.exec_driver_sql(
        f"UPDATE people SET name = {p}, email = {p}, email_key = {p}, version = version + 1"
        f" WHERE id = {p} AND version = {p}",
        (name, email, email.casefold() if email else None, person.id, person.version),
    )
    if changed.rowcount == 0:
        raise Conflict(person.id, person.version)
    return person._replace(name=name, email=email, version=person.version + 1)


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
