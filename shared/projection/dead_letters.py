"""Dead letters: events that could not be applied, for an operator to retry or discard."""

from collections.abc import Sequence
from datetime import datetime

from shared.connection import Connection
from shared.database import mark
from shared.projection.apply import apply_events
from shared.projection.generations import FOLLOWED, active, hold
from shared.projection.inbox import BEHIND, DIVERGENCE, FAILED, GAP, Inbox, Parked, parked
from shared.projection.projection import Projection, UnknownVersion
from shared.projection.reactions import Reaction, record


class NoSuchDeadLetter(Exception):
    """No event with this id waits."""


class NotTheFirst(Exception):
    """Another event of the stream waits before this one, which could never follow on then."""


def waiting(connection: Connection) -> list[Parked]:
    return parked(connection, active(connection, FOLLOWED))


def retry(
    connection: Connection,
    parked_id: int,
    projections: Sequence[Projection],
    reacts: Sequence[Reaction],
    now: datetime,
) -> list[Parked]:
    """Apply a parked event's stream as far as it will go; returns what of it still waits."""
    inbox, letter = _find(connection, parked_id)
    if letter.reason != DIVERGENCE:
        _drain(connection, inbox, letter, projections, reacts, now)
    return inbox.parked(letter.stream)


def take_up(
    connection: Connection,
    projections: Sequence[Projection],
    reacts: Sequence[Reaction],
    now: datetime,
) -> int:
    """Apply what waits for code that knows its version, as far as this code does. How many went.

    For the start of a process: it may be the upgrade that they waited for.
    """
    newer = f"{UnknownVersion.__name__}:"
    letters = [
        letter
        for letter in waiting(connection)
        if letter.reason == FAILED and (letter.error or "").startswith(newer)
    ]
    for letter in letters:
        retry(connection, letter.id, projections, reacts, now)
    return len(letters)


def discard(
    connection: Connection,
    parked_id: int,
    projections: Sequence[Projection],
    reacts: Sequence[Reaction],
    now: datetime,
) -> list[Parked]:
    """Give up a parked event, and apply what waited behind it; returns what still waits.

    What is missing before it is given up with it. Raises NotTheFirst.
    """
    inbox, letter = _find(connection, parked_id)
    if letter.reason != DIVERGENCE:
        first = inbox.waiting(letter.stream)[0]
        if first.id != letter.id:
            raise NotTheFirst(
                f"the event numbered {first.id} of the same stream waits before it:"
                " retry or discard that one first"
            )
    inbox.release(letter.id)
    if letter.reason != DIVERGENCE:
        if letter.version > inbox.last_version(letter.stream):
            inbox.applied([letter.event])  # so that the next version follows on
        _drain(connection, inbox, letter, projections, reacts, now)
    return inbox.parked(letter.stream)


def _find(connection: Connection, parked_id: int) -> tuple[Inbox, Parked]:
    hold(connection, FOLLOWED)
    generation = active(connection, FOLLOWED)
    found = parked(connection, generation, "AND id = ?", parked_id)
    if not found:
        raise NoSuchDeadLetter(f"no event waits under the number {parked_id}")
    return Inbox(connection, generation, found[0].source), found[0]


def _drain(
    connection: Connection,
    inbox: Inbox,
    letter: Parked,
    projections: Sequence[Projection],
    reacts: Sequence[Reaction],
    now: datetime,
) -> None:
    """Apply a stream's parked events in order, until one fails again or one is missing."""
    while letters := inbox.waiting(letter.stream):
        first = letters[0]
        if not 0 < first.version <= inbox.last_version(letter.stream) + 1:
            break  # one is missing, or a record that was no event stands in the way
        inbox.release(first.id)
        fresh = inbox.admit([first.event], now)  # and what waited behind it
        applied = apply_events(connection, inbox, projections, fresh, now)
        record(connection, reacts, applied, now)
        if len(applied) < len(fresh):
            break  # parked again, with the new error


def counts(connection: Connection) -> dict[str, int]:
    """How many events wait, by reason: failed, behind, gap, divergence."""
    sql = f"SELECT reason, count(*) FROM parked WHERE generation = {mark(connection)}"
    rows = connection.exec_driver_sql(f"{sql} GROUP BY reason", (active(connection, FOLLOWED),))
    return dict.fromkeys((FAILED, BEHIND, GAP, DIVERGENCE), 0) | {row[0]: row[1] for row in rows}
