"""Reminders that are no longer worth sending: too late, no longer true, or not wanted any more.

Asked again each time that a letter is formed or sent, for what waits for a digest, for the end of
quiet hours or for a mail server, waits while things change.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.notifications import audiences
from services.notifications.domain.delivery import Missed, Outcome, Suppressed
from services.notifications.domain.reminders import lateness
from services.notifications.domain.wall_clock import begins
from services.notifications.projections.deliveries import ANNOUNCEMENTS
from services.notifications.projections.scheduling import SESSIONS
from shared.clock import parse_rfc3339
from shared.connection import Connection
from shared.projection.generations import FOLLOWED, OWN, active
from shared.projection.projection import Row, load_rows


class Reminder(NamedTuple):
    """One that waits: a delivery, for whom, of what, and of which session."""

    delivery: str
    person: str
    announcement: str
    session: str


def untimely(
    connection: Connection, waiting: Sequence[Reminder], now: datetime
) -> dict[str, Outcome]:
    """What becomes of those that are not to go, by delivery."""
    if not waiting:
        return {}
    told = load_rows(
        connection, ANNOUNCEMENTS, active(connection, OWN), {r.announcement for r in waiting}
    )
    ids = {reminder.session for reminder in waiting}
    sessions = load_rows(connection, SESSIONS, active(connection, FOLLOWED), ids)
    away = {session: audiences.not_coming(connection, session) for session in ids}
    found = {
        each.delivery: _outcome(each, told[each.announcement], sessions, away[each.session], now)
        for each in waiting
    }
    return {delivery: outcome for delivery, outcome in found.items() if outcome is not None}


def _outcome(
    reminder: Reminder, told: Row, sessions: dict[str, Row], away: set[str], now: datetime
) -> Outcome | None:
    facts, session = told["content"]["facts"], sessions.get(reminder.session)
    if session is not None and (
        session["state"] != "planned"
        or begins(session["content"]["session"]["when"]) != parse_rfc3339(facts["starts"])
    ):
        return Suppressed("the session moved or does not take place")
    if reminder.person in away:
        return Suppressed("the person does not come")
    rule = facts.get("reminder")
    late = rule and lateness(rule, parse_rfc3339(told["content"]["at"]), now)
    return Missed(late) if late else None
