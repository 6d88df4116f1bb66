"""How a person likes to hear of things, and what that means for one message: now, later, never.

Times are worked out in the person's zone. A digest's hour that a clock change skips is taken an
hour later, one that comes twice is taken the first time, so that no day has two digests or none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

AT_ONCE, DAILY, WEEKLY, NONE = "at-once", "daily", "weekly", "none"
CHOICES = (AT_ONCE, DAILY, WEEKLY, NONE)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of the day until another, over midnight where `until` is the earlier one."""

    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class Preferences:
    """`communities` has the choice for a community where it differs from `email`.

    `stopped` has (category, community), or (category, "") for all communities.
    """

    email: str = AT_ONCE
    communities: Mapping[str, str] = field(default_factory=dict)
    stopped: frozenset[tuple[str, str]] = frozenset()
    zone: str = "Europe/London"
    hour: time = time(7)
    weekday: str = "monday"
    quiet: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """When one message goes: at `due`, alone or in a digest; where `due` is None, never."""

    due: datetime | None
    digest: bool = False
    reason: str = ""


def route(
    preferences: Preferences,
    *,
    category: str,
    community: str | None,
    urgent: bool,
    must: bool,
    now: datetime,
    until_stopped: bool = False,
    unhurried: bool = False,
    latest: datetime | None = None,
) -> Route:
    """`must` is of a message that a person has to get, whatever the preferences say.

    One told `until_stopped` comes at once, unless the person stopped its category.
    What is `unhurried` comes in the daily digest where others would come at once. What is worth
    nothing after `latest` waits neither for a digest nor for the end of quiet hours beyond that.
    """
    if must:
        return Route(now)
    stopped = preferences.stopped
    if (category, community or "") in stopped or (category, "") in stopped:
        return Route(None, reason="unsubscribed")
    if until_stopped:
        return Route(now)
    choice = preferences.communities.get(community or "", preferences.email)
    if choice == NONE:
        return Route(None, reason="preference: none")
    if urgent:
        return Route(now)
    if choice == AT_ONCE and unhurried:
        choice = DAILY
    if choice != AT_ONCE:
        due = next_digest(preferences, choice, now)
        if latest is None or due <= latest:
            return Route(due, digest=True)
    due = _after_quiet(preferences, now)
    return Route(due if latest is None or due <= latest else now)


def next_digest(preferences: Preferences, choice: str, now: datetime) -> datetime:
    """When the next daily or weekly digest goes, after `now`."""
    zone = ZoneInfo(preferences.zone)
    day = now.astimezone(zone).date()
    wanted = WEEKDAYS.index(preferences.weekday)
    while True:
        due = _local(datetime.combine(day, preferences.hour), zone)
        if due > now and (choice == DAILY or day.weekday() == wanted):
            return due
        day += timedelta(days=1)


def _local(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment of a local time of the day; the first one of two, and past a gap."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _after_quiet(preferences: Preferences, now: datetime) -> datetime:
    """`now`, or the end of the quiet hours that it lies in."""
    quiet = preferences.quiet
    if quiet is None or quiet.begins == quiet.ends:
        return now
    zone = ZoneInfo(preferences.zone)
    local = now.astimezone(zone)
    clock = local.time()
    over_midnight = quiet.ends < quiet.begins
    if over_midnight:
        within = clock >= quiet.begins or clock < quiet.ends
    else:
        within = quiet.begins <= clock < quiet.ends
    if not within:
        return now
    day = local.date()
    if over_midnight and clock >= quiet.begins:
        day += timedelta(days=1)
    return max(now, _local(datetime.combine(day, quiet.ends), zone))
