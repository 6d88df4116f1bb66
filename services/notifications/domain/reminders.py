"""When a session is reminded of, how late is still worth it, and what a moved one leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.notifications.domain.wall_clock import before

PLANNED, TOLD, MISSED, VOID = "planned", "told", "missed", "void"
ONLINE = ("online", "hybrid")


@dataclass(frozen=True)
class Offset:
    """Remind so long before a session, and at most so late after that."""

    rule: str
    before: timedelta
    catch_up: timedelta
    words: str


OFFSETS = {
    offset.rule: offset
    for offset in (
        Offset("4-weeks", timedelta(weeks=4), timedelta(days=3), "in four weeks"),
        Offset("1-week", timedelta(weeks=1), timedelta(days=1), "in a week"),
        Offset("1-day", timedelta(days=1), timedelta(hours=6), "tomorrow"),
        Offset("1-hour", timedelta(hours=1), timedelta(minutes=30), "in an hour"),
    )
}


def offsets_of(session: Mapping[str, Any]) -> list[Offset]:
    """A week and a day before any session; four weeks before a module, an hour where online."""
    named = ["1-week", "1-day"]
    if session.get("kind") == "module":
        named.append("4-weeks")
    if session.get("modality") in ONLINE:
        named.append("1-hour")
    return [OFFSETS[name] for name in named]


@dataclass(frozen=True, slots=True)
class Reminder:
    rule: str
    due: datetime
    state: str = PLANNED
    reason: str = ""


def planned(session: Mapping[str, Any], announced: datetime, now: datetime) -> list[Reminder]:
    """The reminders of a session at its present time.

    `announced` is when that time became known: what was due before would only say it again.
    """
    found = []
    for offset in offsets_of(session):
        due = before(session["when"], offset.before)
        if due < announced:
            found.append(Reminder(offset.rule, due, VOID, "its time was told later than that"))
        elif now > due + offset.catch_up:
            found.append(Reminder(offset.rule, due, MISSED, "history"))
        else:
            found.append(Reminder(offset.rule, due))
    return found


def lateness(rule: str, due: datetime, as_of: datetime) -> str:
    """Why a reminder is missed; empty where it is still worth sending."""
    late = as_of - due
    if late <= OFFSETS[rule].catch_up:
        return ""
    hours = late / timedelta(hours=1)
    told = f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
    return f"late by {told}: nothing could send it in time"
