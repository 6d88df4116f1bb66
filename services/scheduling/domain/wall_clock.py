"""Local times as people say them: a date, hours and a zone. Instants are worked out when needed.

What lies ahead is kept as wall-clock time, so that a later change of a zone's rules moves the
instant and not the hour on the wall.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.scheduling.domain.refusal import Refused

FIRST, SECOND = "first", "second"
OCCURRENCES = (FIRST, SECOND)
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
# Sessions whose dates are further apart cannot overlap: each may end on its next day, and the
# clocks of two zones are up to 26 hours apart.
NEAR = timedelta(days=3)
# Minutes that a session may last beyond midnight; and where no `end_date` says that it ends on the
# next day, which may as well be a slip.
LONGEST_OVERNIGHT, LONGEST_UNSAID = 18 * 60, 12 * 60
_MIDNIGHT = "00:00"
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")
# Names that machines have for their own use: no place's time, or another one on each machine.
_NO_ZONES = ("localtime", "factory", "posixrules", "posix", "right")
_DAY = 24 * 60  # minutes
_LONGEST_JUMP = 36 * 60  # minutes; a zone has once left out a whole day

Day = date  # within When, `date` is a field


@dataclass(frozen=True, slots=True)
class When:
    """From `start` to `end` (HH:MM) in an IANA zone, `start` being on `date`.

    An `end` that is not after `start` is on the next day. Where a clock goes back an hour exists
    twice; `occurrence` says which is meant.
    """

    date: date
    start: str
    end: str
    zone: str
    occurrence: str = FIRST

    @property
    def minutes(self) -> int:
        """How long it is on the wall."""
        return minutes_between(self.start, self.end)

    @property
    def end_date(self) -> Day:
        """The day on which it ends."""
        return self.date + timedelta(days=int(self.end <= self.start))

    @property
    def written(self) -> str:
        """In short: 2027-03-10 22:00–01:00 (the next day) Europe/London."""
        over = "" if self.end_date == self.date else " (the next day)"
        return f"{self.date} {self.start}–{self.end}{over} {self.zone}"

    def begins(self) -> datetime:
        """The instant at which it begins, in UTC."""
        return _instant(self.date, self.start, self.zone, self.occurrence)

    def ends(self) -> datetime:
        """The instant at which it ends, in UTC; never before it begins.

        An end that exists twice is the one that belongs to the beginning.
        """
        ends = _instant(self.end_date, self.end, self.zone, self.occurrence)
        return max(ends, self.begins())

    def overlaps(self, other: "When") -> bool:
        if abs((self.date - other.date).days) > NEAR.days:
            return False
        return self.begins() < other.ends() and other.begins() < self.ends()


@lru_cache(maxsize=1000)
def zone(name: str) -> ZoneInfo:
    """As a zone that is in use already. Raises Refused where there is no such zone."""
    try:
        if not _ZONE.fullmatch(name):
            raise ValueError(name)
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise _no_zone(name) from error


def _no_zone(name: str) -> Refused:
    return Refused(f"{name[:60]!r} is no time zone; write it as in Europe/London.", field="zone")


def check_zone(name: str) -> None:
    """Raises Refused for what is no zone that people live by."""
    zone(name)
    if name.split("/")[0].casefold() in _NO_ZONES:
        raise _no_zone(name)


def check(when: When) -> None:
    """Raises Refused for what is no stretch of time on that day in that zone."""
    check_zone(when.zone)
    check_date(when.date)
    for field in ("start", "end"):
        if not _HOUR.fullmatch(getattr(when, field)):
            raise Refused("Write the hour as in 09:30.", field=field)
    check_hours(when.start, when.end, LONGEST_OVERNIGHT)
    _check_exists(when.date, when.start, when.zone, "start")
    _check_exists(when.end_date, when.end, when.zone, "end")
    if when.occurrence == SECOND and not exists_twice(when.date, when.start, when.zone):
        raise Refused(
            f"{when.start} on {when.date} is once only in {when.zone}; leave this out.",
            field="occurrence",
        )


def check_end(when: When, end_date: date | None) -> None:
    """Raises Refused where the end that was asked for is unlikely, or not on `end_date`.

    Without `end_date`, an end before the start is taken to be on the next day only where that makes
    a session of a usual length.
    """
    if end_date is None:
        check_hours(when.start, when.end)
    elif end_date != when.end_date:
        raise Refused(
            f"From {when.start} to {when.end} it ends on {when.end_date}.",
            field="end_date",
        )


def check_hours(start: str, end: str, longest: int = LONGEST_UNSAID, field: str = "end") -> None:
    """Raises Refused where an end before the start does not make a session of a likely length."""
    if end > start or (end == _MIDNIGHT and start != end):
        return
    if end == start or minutes_between(start, end) > longest:
        raise Refused(
            f"It must end after it starts, at {start}. One that ends after midnight is"
            f" {LONGEST_UNSAID // 60} hours long at most, or with its end_date"
            f" {LONGEST_OVERNIGHT // 60}.",
            field=field,
        )


def minutes_between(start: str, end: str) -> int:
    """From one hour on the wall to the next time that it shows the other."""
    return (_minutes(end) - _minutes(start)) % _DAY


def later(hour: str, minutes: int) -> str:
    """What the clock on the wall shows so many minutes later; it may be the next day."""
    total = (_minutes(hour) + minutes) % _DAY
    return f"{total // 60:02d}:{total % 60:02d}"


def check_date(day: date, field: str = "date") -> None:
    if not EARLIEST <= day <= LATEST:
        raise Refused(f"Must lie between {EARLIEST.year} and {LATEST.year}.", field=field)


def exists_twice(day: date, hour: str, zone_name: str) -> bool:
    """Whether the clock shows this hour twice on that day."""
    local = datetime.combine(day, _time(hour), zone(zone_name))
    first, second = local.utcoffset(), local.replace(fold=1).utcoffset()
    return first is not None and second is not None and first > second


def end_of_day(day: date, zone_name: str) -> datetime:
    """The instant at which a day is over in a zone, in UTC: what "closes 19 November" means."""
    following = datetime.combine(day + timedelta(days=1), time(0), zone(zone_name))
    return following.astimezone(UTC)


def today(now: datetime, zone_name: str) -> date:
    return now.astimezone(zone(zone_name)).date()


def _check_exists(day: date, hour: str, zone_name: str, field: str) -> None:
    if _exists(day, hour, zone_name):
        return
    before, after = _nearest(day, hour, zone_name, -1), _nearest(day, hour, zone_name, 1)
    raise Refused(
        f"{hour} on {day} does not exist in {zone_name}: the clocks go forward."
        f" The nearest times that do are {before} and {after}.",
        field=field,
    )


def _exists(day: date, hour: str, zone_name: str) -> bool:
    local = datetime.combine(day, _time(hour), zone(zone_name))
    back = local.astimezone(UTC).astimezone(zone(zone_name))
    return back.replace(tzinfo=None) == local.replace(tzinfo=None)


def _nearest(day: date, hour: str, zone_name: str, step: int) -> str:
    """The nearest time that exists, looking minute by minute."""
    at = datetime.combine(day, _time(hour))
    for _ in range(_LONGEST_JUMP):
        at += timedelta(minutes=step)
        if _exists(at.date(), f"{at:%H:%M}", zone_name):
            return f"{at:%H:%M}" if at.date() == day else f"{at:%H:%M on %Y-%m-%d}"
    return "on another day"


def _instant(day: date, hour: str, zone_name: str, occurrence: str) -> datetime:
    local = datetime.combine(day, _time(hour), zone(zone_name))
    return local.replace(fold=int(occurrence == SECOND)).astimezone(UTC)


def _time(hour: str) -> time:
    return time(int(hour[:2]), int(hour[3:]))


def _minutes(hour: str) -> int:
    return int(hour[:2]) * 60 + int(hour[3:])
