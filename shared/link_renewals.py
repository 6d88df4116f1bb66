"""Signed links that their owner has renewed: those signed before no longer work, in any service.

The registry says so with an event for each purpose; every service keeps the count, signs the links
of a person with it and checks it in those that come back. Some kinds have a generation of their
own besides, such as a sponsor's, who may be asked again: the two are added.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import Cause, Event
from shared.projection.reactions import Reaction

RENEWED = "registry.person.links-renewed"
PURPOSES = (
    *("application", "calendar", "guest", "link", "preferences", "reply", "sponsor"),
    "unsubscribe",
)
Renewals = Mapping[str, int]
NONE: Renewals = {}
_CHUNK = 500


def generation(renewals: Renewals, purpose: str, own: int = 1) -> int:
    """With which a link is signed; `own` is the generation that its kind has besides."""
    return own + renewals.get(purpose, 0)


def of(connection: Connection, person: str) -> Renewals:
    """How often the links of each purpose were renewed for a person; missing where never."""
    return of_many(connection, [person]).get(person, NONE)


def of_many(connection: Connection, people: Sequence[str]) -> dict[str, dict[str, int]]:
    """Of those of these people who renewed any."""
    found: dict[str, dict[str, int]] = {}
    for start in range(0, len(people), _CHUNK):
        chunk = tuple(people[start : start + _CHUNK])
        rows = connection.exec_driver_sql(
            "SELECT person, purpose, renewals FROM link_renewals"
            f" WHERE person IN ({marks(connection, len(chunk))})",
            chunk,
        )
        for person, purpose, renewals in rows:
            found.setdefault(person, {})[purpose] = renewals
    return found


def forget(connection: Connection, person: str) -> None:
    """Nothing is kept of an erased person, whose links no longer work in any case."""
    sql = f"DELETE FROM link_renewals WHERE person = {mark(connection)}"
    connection.exec_driver_sql(sql, (person,))


def follows_renewals() -> Reaction:
    """The reaction by which a service learns that a person renewed links."""

    def perform(connection: Connection, event: Event, _cause: Cause, _now: datetime) -> None:
        told = msgspec.json.decode(event.data)
        connection.exec_driver_sql(
            "INSERT INTO link_renewals (person, purpose, renewals)"
            f" VALUES ({marks(connection, 3)}) ON CONFLICT (person, purpose) DO UPDATE SET"
            " renewals = excluded.renewals"
            " WHERE link_renewals.renewals < excluded.renewals",
            (event.stream, told["purpose"], told["renewals"]),
        )

    return Reaction("note renewed links", frozenset({RENEWED}), perform)
