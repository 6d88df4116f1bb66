"""VTIMEZONE by rule: right for any year ahead, and for the years that sessions lie in.

A zone's clock changes are looked up year by year. Where from some year on they follow one rule (the
last Sunday of March at 01:00 UTC), that is written as a recurrence without end; changes before
that, or of a zone that has no rule, are written one by one.
"""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

_HORIZON = 2060  # zones without a rule are written to this year
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Onset:
    """A change of the clock: `at` is the local time just before it, as RFC 5545 has it."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str
    daylight: bool

    @property
    def kind(self) -> tuple[timedelta, timedelta, str, bool]:
        return (self.before, self.after, self.name, self.daylight)

    def weekday_rules(self) -> set[str]:
        """The ways to say which weekday of its month it is."""
        nth = (self.at.day - 1) // 7 + 1
        rules = {f"{nth}{_DAYS[self.at.weekday()]}"} if nth < 5 else set()
        if self.at.day + 7 > calendar.monthrange(self.at.year, self.at.month)[1]:
            rules.add(f"-1{_DAYS[self.at.weekday()]}")
        return rules


@lru_cache(maxsize=200)
def vtimezone(name: str, first_year: int) -> tuple[str, ...]:
    """The lines of a zone, right from a year on."""
    zone = ZoneInfo(name)
    onsets = [o for year in range(first_year, _HORIZON) for o in _onsets(zone, year)]
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    begins = datetime(first_year, 1, 1, tzinfo=UTC).astimezone(zone)
    offset = begins.utcoffset() or timedelta()
    standing = Onset(
        begins.replace(year=first_year - 1, tzinfo=None),
        offset,
        offset,
        begins.tzname() or name,
        bool(begins.dst()),
    )
    lines += _observance(standing, ())
    ordered = sorted(onsets, key=lambda o: (str(o.kind), o.at.month, o.at))
    for _, group in groupby(ordered, key=lambda o: (str(o.kind), o.at.month, o.at.time())):
        lines += _component(list(group))
    return (*lines, "END:VTIMEZONE")


@lru_cache(maxsize=1000)
def has_rule(name: str) -> bool:
    """Whether the zone keeps to a rule in the end; one that follows the moon does not."""
    late = tuple(f"DTSTART:{year}" for year in range(_HORIZON - 5, _HORIZON))
    return not any(line.startswith(late) for line in vtimezone(name, _HORIZON - 10))


def _component(group: Sequence[Onset]) -> Iterator[str]:
    """One recurrence without end where they keep to a rule, else each by itself."""
    years = [onset.at.year for onset in group]
    rules = set.intersection(*(onset.weekday_rules() for onset in group))
    yearly = years == list(range(years[0], _HORIZON))
    if rules and yearly and len(group) > 2:
        by_day = min(rules)  # "-1SU" before "4SU": where both fit, the last is what laws say
        yield from _observance(
            group[0], (f"RRULE:FREQ=YEARLY;BYMONTH={group[0].at.month};BYDAY={by_day}",)
        )
        return
    for onset in group:  # one by one: ical.js, given RDATE, leaves out DTSTART's own
        yield from _observance(onset, ())


def _observance(onset: Onset, recurs: tuple[str, ...]) -> list[str]:
    kind = "DAYLIGHT" if onset.daylight else "STANDARD"
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{_local(onset.at)}",
        *recurs,
        f"TZOFFSETFROM:{_offset(onset.before)}",
        f"TZOFFSETTO:{_offset(onset.after)}",
        f"TZNAME:{onset.name}",
        f"END:{kind}",
    ]


def _onsets(zone: ZoneInfo, year: int) -> Iterator[Onset]:
    """The clock changes of a year: found by the day, then to the minute."""
    at, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while at < end:
        following = at + timedelta(days=1)
        if _offset_at(zone, at) != _offset_at(zone, following):
            yield _onset(zone, at, following)
        at = following


def _onset(zone: ZoneInfo, low: datetime, high: datetime) -> Onset:
    before = _offset_at(zone, low)
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        middle = middle.replace(second=0, microsecond=0)
        if middle <= low:
            break
        low, high = (middle, high) if _offset_at(zone, middle) == before else (low, middle)
    local = high.astimezone(zone)
    after = _offset_at(zone, high)
    at = (high + before).replace(tzinfo=None)
    return Onset(at, before, after, local.tzname() or str(zone), bool(local.dst()))


def _offset_at(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _local(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"


def _offset(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign, rest = ("-", -seconds) if seconds < 0 else ("+", seconds)
    said = f"{sign}{rest // 3600:02d}{rest % 3600 // 60:02d}"
    return f"{said}{rest % 60:02d}" if rest % 60 else said
