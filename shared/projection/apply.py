"""Applying batches of events: position, inbox and projections in one transaction."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError

from shared.connection import Connection
from shared.database import is_unavailable, lock_in_turn
from shared.eventstore.events import Event
from shared.projection.inbox import BEHIND, FAILED, Inbox
from shared.projection.positions import advance
from shared.projection.projection import Failure, Projection, project
from shared.stream.source import Batch

log = structlog.get_logger()


def apply_batches(
    connection: Connection,
    generation: int,
    projections: Sequence[Projection],
    batches: Sequence[Batch],
    now: datetime,
) -> list[Event]:
    """Apply what is new in these batches and move their positions on; returns what was applied.

    An event that a projection cannot take is parked and those of its stream wait behind it; all
    others flow. Raises Fenced where another consumer has taken over.
    """
    applied: list[Event] = []
    for batch in batches:
        inbox = Inbox(connection, generation, batch.source)
        advance(
            connection,
            generation,
            batch.source,
            batch.partition,
            expected=batch.before,
            position=batch.after,
        )
        if batch.events:
            fresh = inbox.admit(batch.events, now)
            applied += apply_events(connection, inbox, projections, fresh, now)
        for unreadable in batch.unreadable:  # last, so that what came before it is applied
            inbox.park(unreadable, FAILED, now, unreadable.data)
    return applied


def apply_events(
    connection: Connection,
    inbox: Inbox,
    projections: Sequence[Projection],
    fresh: Sequence[Event],
    now: datetime,
) -> list[Event]:
    """Apply events that the inbox admitted; park those that fail. Returns the applied ones."""
    _take_turns(connection, projections, fresh)
    failures = _project_all(connection, inbox.generation, projections, fresh)
    failed_streams: set[str] = set()
    for event, error in failures:
        reason = BEHIND if event.stream in failed_streams else FAILED
        if reason == FAILED:
            failed_streams.add(event.stream)
            log.error("event parked", type=event.type, stream=event.stream, error=str(error))
        inbox.park(event, reason, now, f"{type(error).__name__}: {error}"[:500])
    refused = {event.id for event, _ in failures}
    applied = [event for event in fresh if event.id not in refused]
    inbox.applied(applied)
    return applied


def _take_turns(
    connection: Connection, projections: Sequence[Projection], events: Sequence[Event]
) -> None:
    """Keep others that apply events of the same rows out until the transaction ends.

    Two streams of one row may come to two consumers, each of which would write back what it had
    read. One lock for all such rows: in a batch there are many, and taken one by one they would
    have consumers wait for one another in a circle.
    """
    types = {event.type for event in events}
    if any(p.gathers and not types.isdisjoint(p.types) for p in projections):
        lock_in_turn(connection, "rows that several streams write")


def _project_all(
    connection: Connection,
    generation: int,
    projections: Sequence[Projection],
    events: Sequence[Event],
) -> list[Failure]:
    """All in one go; where the database refuses the batch, one by one, to find which it means."""
    try:
        with connection.begin_nested():
            return project(connection, projections, generation, events)
    except DBAPIError as error:
        if is_unavailable(error):
            raise
    failures: list[Failure] = []
    failed: dict[str, Exception] = {}
    for event in events:
        if event.stream not in failed:
            try:
                with connection.begin_nested():
                    found = project(connection, projections, generation, [event])
                if not found:
                    continue
                failed[event.stream] = found[0].error
            except DBAPIError as error:
                if is_unavailable(error):
                    raise
                failed[event.stream] = error
        failures.append(Failure(event, failed[event.stream]))
    return failures
