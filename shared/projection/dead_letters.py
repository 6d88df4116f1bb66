"""Dead letters: events that could not be applied, for an operator to retry or discard."""

from collections.abc import Sequence
from datetime import datetime

from shared.connection import Connection
from shared.projection.apply import apply_events
from shared.projection.generations import FOLLOWED, active, hold
from shared.projection.inbox import BEHIND, DIVERGENCE, FAILED, GAP, Inbox, Parked
from shared.projection.projection import Projection
from shared.projection.reactions import Reaction, record


class NoSuchDeadLetter(Exception):
    """No event with this id waits."""


def waiting(connection: Connection) -> list[Parked]:
    return Inbox(connection, active(connection, FOLLOWED)).parked()


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
    return inbox.parked("AND stream_id = ?", letter.stream)


def discard(
    connection: Connection,
    parked_id: int,
    projections: Sequence[Projection],
    reacts: Sequence[Reaction],
    now: datetime,
) -> list[Parked]:
    """Give up a parked event, and apply what waited behind it; returns what still waits."""
    inbox, letter = _find(connection, parked_id)
    inbox.release(letter.id)
    if letter.reason != DIVERGENCE:
        if letter.version == inbox.last_version(letter.stream) + 1:
            inbox.applied([letter.event])  # so that the next version follows on
        _drain(connection, inbox, letter, projections, reacts, now)
    return inbox.parked("AND stream_id = ?", letter.stream)


def _find(connection: Connection, parked_id: int) -> tuple[Inbox, Parked]:
    hold(connection, FOLLOWED)
    inbox = Inbox(connection, active(connection, FOLLOWED))
    found = inbox.parked("AND id = ?", parked_id)
    if not found:
        raise NoSuchDeadLetter(f"no event waits under the number {parked_id}")
    return inbox, found[0]


def _drain(
    connection: Connection,
    inbox: Inbox,
    letter: Parked,
    projections: Sequence[Projection],
    reacts: Sequence[Reaction],
    now: datetime,
) -> None:
    """Apply a stream's parked events in order, until one fails again or one is missing."""
    for parked in inbox.parked("AND stream_id = ? AND reason <> ?", letter.stream, DIVERGENCE):
        if parked.version != inbox.last_version(letter.stream) + 1:
            break
        inbox.release(parked.id)
        applied = apply_events(
            connection, inbox.generation, projections, parked.source, [parked.event], now
        )
        if not applied:
            break  # parked again, with the new error
        record(connection, reacts, applied, now)


def counts(connection: Connection) -> dict[str, int]:
    """How many events wait, by reason: failed, behind, gap, divergence."""
    found = dict.fromkeys((FAILED, BEHIND, GAP, DIVERGENCE), 0)
    for parked in waiting(connection):
        found[parked.reason] += 1
    return found
