"""When a session is reminded of, how late is still worth it, and in which words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from services.notifications.domain.wall_clock import before, begins, local_start

PLANNED, TOLD, MISSED, VOID = "planned", "told", "missed", "void"
ONLINE = ("online", "hybrid")


@dataclass(frozen=True)
class Offset:
    """Remind so long before a session, and at most so late after that."""

    rule: str
    before: timedelta
    catch_up: timedelta


OFFSETS = {
    offset.rule: offset
    for offset in (
        Offset("4-weeks", timedelta(weeks=4), timedelta(days=3)),
        Offset("1-week", timedelta(weeks=1), timedelta(days=1)),
        Offset("1-day", timedelta(days=1), timedelta(hours=6)),
        Offset("1-hour", timedelta(hours=1), timedelta(minutes=30)),
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


def latest(rule: str, due: datetime) -> datetime:
    """Until when a reminder that is due then is worth sending, whatever it waits for."""
    return due + OFFSETS[rule].catch_up


def lateness(rule: str, due: datetime, as_of: datetime) -> str:
    """Why a reminder is missed; empty where it is still worth sending."""
    if as_of <= latest(rule, due):
        return ""
    late = as_of - due
    hours = late / timedelta(hours=1)
    told = f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
    return f"late by {told}: nothing could send it in time"


class Words(NamedTuple):
    """How far off a session is: `short` alone, `told` as what follows its title."""

    short: str
    told: str


_WEEKS = {7: "in a week", 14: "in two weeks", 21: "in three weeks", 28: "in four weeks"}
_ABOUT_AN_HOUR = range(55, 66)  # minutes
_SAID_IN_MINUTES = 90


def said_ahead(when: Mapping[str, Any], now: datetime) -> Words:
    """How far off it is at this moment, by the days of the session's own zone."""
    start = local_start(when)
    minutes = round((begins(when) - now) / timedelta(minutes=1))
    if minutes <= 0:
        return Words("now", "has begun")
    if minutes < _SAID_IN_MINUTES:
        unit = "minute" if minutes == 1 else "minutes"
        told = "an hour" if minutes in _ABOUT_AN_HOUR else f"{minutes} {unit}"
        return Words(f"in {told}", f"is in {told}")
    days = (start.date() - now.astimezone(start.tzinfo).date()).days
    if days < 2:
        short = "tomorrow" if days else f"today at {start:%H:%M}"
        return Words(short, f"is {short}")
    short = _WEEKS.get(days, f"in {days} days")
    return Words(short, f"is on {start:%A} {start.day} {start:%B}, {short}")
