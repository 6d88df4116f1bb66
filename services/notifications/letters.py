"""Letters: what goes out as one email, and what became of each.

A letter's id is derived from what is in it, and so is its Message-ID: the same letter sent again
after a crash is recognisable as the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from services.notifications.domain.collapsing import Item
from services.notifications.domain.delivery import Missed, Outcome
from services.notifications.events import DELIVERY
from services.notifications.messages import store as messages
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change
from shared.projection.generations import OWN, active
from shared.service import Service

WAITING, HANDED_OVER, SENT, ENDED = "waiting", "handed over", "sent", "ended"
KEPT = timedelta(days=90)
AT_ONCE = 1000
_CAUSE = Cause(correlation="post")
COLUMNS = (
    "id, person, kind, items, state, at, due, attempts, first_try, uncertain, words,"
    " address_version"
)


class Letter(NamedTuple):
    """The columns of the table; `items` parsed."""

    id: str
    person: str
    kind: str
    items: list[Item]
    state: str
    at: str
    due: str | None
    attempts: int
    first_try: str | None
    uncertain: int
    words: str
    address_version: int

    @property
    def deliveries(self) -> list[str]:
        return [item.delivery for item in self.items]


def as_letter(row: Sequence[Any]) -> Letter:
    items = msgspec.json.decode(row[3], type=list[Item])
    return Letter._make((*row[:3], items, *row[4:]))


def settle(
    service: Service, connection: Connection, outcomes: dict[str, Outcome], now: datetime
) -> None:
    """Say in the ledger what became of deliveries, within the caller's transaction."""
    streams = list(outcomes)
    for start in range(0, len(streams), 500):
        chunk = streams[start : start + 500]
        loaded = service.streams.load_many(connection, DELIVERY, chunk)
        changes = [
            Change(stream, found.version, DELIVERY.decide(found.state, outcomes[stream]))
            for stream, found in loaded.items()
        ]
        service.streams.append(connection, changes, cause=_CAUSE, now=now)


def tidy(service: Service, now: datetime) -> None:
    """A timed pass: letters and messages are kept for ninety days. What nothing could send by then
    is missed.
    """
    old = rfc3339(now - KEPT)
    with service.write() as connection:
        messages.delete_older(connection, now - KEPT)
        p = mark(connection)
        rows = connection.exec_driver_sql(
            f"SELECT {COLUMNS} FROM letters WHERE at < {p} AND claim IS NULL LIMIT {p}",
            (old, AT_ONCE),
        ).all()
        gone = [as_letter(row) for row in rows]
        outcomes: dict[str, Outcome] = {
            delivery: Missed("no mail server was set")
            for letter in gone
            if letter.state == WAITING
            for delivery in letter.deliveries
        }
        settle(service, connection, outcomes, now)
        ids = [(letter.id,) for letter in gone]
        if ids:
            sql = f"DELETE FROM letter_deliveries WHERE letter = {p}"
            connection.exec_driver_sql(sql, ids)
            connection.exec_driver_sql(f"DELETE FROM letters WHERE id = {p}", ids)
    service.database.leave_no_trace()  # also of what an erasure deleted


def by_id(connection: Connection, letter: str) -> Letter | None:
    row = connection.exec_driver_sql(
        f"SELECT {COLUMNS} FROM letters WHERE id = {mark(connection)}", (letter,)
    ).first()
    return as_letter(row) if row else None


def status_of(connection: Connection, deliveries: Sequence[str]) -> list[str]:
    """How these deliveries stand."""
    rows = connection.exec_driver_sql(
        f"SELECT status FROM deliveries_{active(connection, OWN)}"
        f" WHERE id IN ({marks(connection, len(deliveries))})",
        tuple(deliveries),
    )
    return [row[0] for row in rows]
