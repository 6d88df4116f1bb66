"""The reminders' ledger: planned as sessions are, told when due, missed when it is too late.

One row for each session, its time and each rule. When one is due its row and everybody's delivery
are written in one transaction, so that two workers at once, or one that dies, remind nobody twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.notifications import audiences, facts
from services.notifications.domain import reminders as ledger
from services.notifications.domain import rules
from services.notifications.domain.wall_clock import begins
from services.notifications.projections.scheduling import SESSIONS
from services.notifications.telling import Occasion, Planned, queue, routed
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import Cause, Event
from shared.identifiers import derived_id
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import load_rows
from shared.restoring import moments
from shared.service import Service

_AT_ONCE = 500


class Passed(NamedTuple):
    """What one pass did: deliveries queued, reminders told, reminders missed."""

    queued: int
    told: int
    missed: int


def plan(connection: Connection, event: Event, _cause: Cause, now: datetime) -> None:
    """Bring a session's reminders in line with its present time: void the old, make the new."""
    generation = active(connection, FOLLOWED)
    row = load_rows(connection, SESSIONS, generation, [event.stream]).get(event.stream)
    if row is None:
        return
    content = row["content"]
    session = content["session"]
    starts = rfc3339(begins(session["when"]))
    wanted: list[ledger.Reminder] = []
    if row["state"] == "planned":
        wanted = ledger.planned(session, parse_rfc3339(content["announced"]), now)
    _void_others(connection, event.stream, starts, wanted)
    for reminder in wanted:
        connection.exec_driver_sql(
            "INSERT INTO reminders (session, rule, starts, due, state, reason)"
            f" VALUES ({marks(connection, 6)}) ON CONFLICT (session, rule, starts) DO UPDATE SET"
            " state = excluded.state, reason = excluded.reason, due = excluded.due"
            " WHERE reminders.state = 'void'",
            (
                *(event.stream, reminder.rule, starts, rfc3339(reminder.due)),
                *(reminder.state, reminder.reason),
            ),
        )


def _void_others(
    connection: Connection, session: str, starts: str, wanted: Sequence[ledger.Reminder]
) -> None:
    p = mark(connection)
    rules_now = [reminder.rule for reminder in wanted] or [""]
    connection.exec_driver_sql(
        f"UPDATE reminders SET state = 'void', reason = 'the session moved or does not take place'"
        f" WHERE session = {p} AND state = 'planned'"
        f" AND (starts <> {p} OR rule NOT IN ({marks(connection, len(rules_now))}))",
        (session, starts, *rules_now),
    )


def remind_in_time(service: Service, now: datetime) -> None:
    """A timed pass."""
    remind(service, now)


def remind(service: Service, as_of: datetime) -> Passed:
    """Queue the reminders that are due as of a time, mark those that are missed. Repeatable."""
    queued = told = missed = 0
    while found := due(service, as_of):
        for session, rule, starts, when in found:
            count, late = _tell(service, (session, rule, starts), parse_rfc3339(when), as_of)
            queued, told, missed = queued + count, told + (not late), missed + late
    return Passed(queued, told, missed)


def due(service: Service, as_of: datetime, limit: int = _AT_ONCE) -> list[Any]:
    """Planned reminders whose time has come, the earliest first."""
    with service.database.read() as connection:
        return due_rows(connection, as_of, limit)


def due_rows(connection: Connection, as_of: datetime, limit: int = _AT_ONCE) -> list[Any]:
    p = mark(connection)
    return connection.exec_driver_sql(
        "SELECT session, rule, starts, due FROM reminders WHERE state = 'planned'"
        f" AND due <= {p} ORDER BY due LIMIT {p}",
        (rfc3339(as_of), limit),
    ).all()


def _tell(
    service: Service, key: tuple[str, str, str], when: datetime, as_of: datetime
) -> tuple[int, bool]:
    """One reminder, in one transaction; how many deliveries it queued, and whether it is missed."""
    session, rule, starts = key
    with service.write() as connection:
        late = ledger.lateness(rule, when, as_of)
        if not late and moments.told_before(connection, when):
            late = moments.REASON
        p = mark(connection)
        claimed = connection.exec_driver_sql(
            f"UPDATE reminders SET state = {p}, reason = {p} WHERE session = {p} AND rule = {p}"
            f" AND starts = {p} AND state = 'planned'",
            (ledger.MISSED if late else ledger.TOLD, late, *key),
        )
        if claimed.rowcount != 1:
            return 0, bool(late)  # another worker was first
        planned = _planned_for(connection, session, rule, when, as_of)
        occasion = Occasion(derived_id("rem", session, rule, starts), session, when)
        changes = queue(planned, occasion, as_of, missed=late) if planned else []
        cause = Cause(correlation=f"reminder-{rule}")
        service.streams.append(connection, changes, cause=cause, now=service.clock.now())
    queued = sum(1 for way in planned.routes.values() if way.due) if planned and not late else 0
    return queued, bool(late)


def _planned_for(
    connection: Connection, session: str, rule: str, when: datetime, as_of: datetime
) -> Planned | None:
    """The reminder's message, and when each of those who come gets it; None where nobody does."""
    generation = active(connection, FOLLOWED)
    row = load_rows(connection, SESSIONS, generation, [session]).get(session)
    if row is None:
        return None
    particulars = row["content"]["session"]
    communities = list(particulars.get("communities") or ())
    told = {
        **facts.of_communities(connection, communities),
        **facts.of_session(session, row["content"]),
        "reminder": rule,
    }
    subject = audiences.Subject(session, told, communities, as_of.date())
    people = audiences.people(connection, rules.REMINDER.audience, subject)
    until = ledger.latest(rule, when)
    planned = routed(connection, rules.REMINDER, communities, told, people, as_of, until)
    return planned if planned.routes else None
