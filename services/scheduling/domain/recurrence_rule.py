"""Recurrence rules (RFC 5545, 3.3.10), as Outlook, Apple's Calendar and others write them.

A rule is read whole or refused by the name of the part that is not supported: nothing is read and
then left out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from services.scheduling.domain.refusal import Refused

DAILY, WEEKLY, MONTHLY, YEARLY = "DAILY", "WEEKLY", "MONTHLY", "YEARLY"
FREQUENCIES = (DAILY, WEEKLY, MONTHLY, YEARLY)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST = 60  # sessions of one series
_MOST_INTERVAL = 1_100  # days, weeks, months or years: more than a series looks ahead
_LONGEST = 1_000  # characters of a rule
_NUMBER = re.compile(r"[+-]?[0-9]{1,5}")
_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T([0-9]{2}):?([0-9]{2}):?([0-9]{2})(Z)?)?"
)
Parts = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Weekday:
    """`nth` counts it within the month, or the year, from its end where negative; None: each."""

    day: int
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`until` is a day, a local time or an instant; the series ends with it or after `count`."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    weekdays: tuple[Weekday, ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0


def parse(text: str) -> Rule:
    """A rule as text, with or without `RRULE:` in front. Raises Refused."""
    if len(text) > _LONGEST:
        raise Refused(f"A rule has {_LONGEST:,} characters at most.", field="repeat")
    lines = text.split()
    for line in lines:
        name, colon, _ = line.partition(":")
        name = re.split("[;=]", name)[0].upper()
        if colon and name not in ("RRULE", *_READERS):
            raise Refused(
                f"{name} is not supported here: give the recurrence rule alone, such as"
                " FREQ=WEEKLY;INTERVAL=6;COUNT=5. The series begins on the session's own date.",
                field="repeat",
            )
    if len(lines) != 1:
        raise Refused(
            "Give one rule without spaces, such as FREQ=MONTHLY;BYDAY=2TU;COUNT=5.", field="repeat"
        )
    written = re.sub("^RRULE:", "", lines[0], flags=re.IGNORECASE).removesuffix(";")
    parts: dict[str, Sequence[str]] = {}
    for part in written.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise _refused(name.upper()[:40] or "A part", "has no value; write it as NAME=VALUE")
        _add(parts, name, value.split(","))
    return rule(parts)


def _add(parts: dict[str, Sequence[str]], name: str, values: Sequence[str]) -> None:
    if name.upper() in parts:
        raise _refused(name.upper()[:40], "is there twice")
    parts[name.upper()] = [value.upper() for value in values]


def parse_object(value: Mapping[str, object]) -> Rule:
    """A rule as jCal has it (RFC 7265, 3.6.10). Raises Refused."""
    parts: dict[str, Sequence[str]] = {}
    for name, said in value.items():
        values = said if isinstance(said, list) else [said]
        if not values or any(isinstance(v, bool) or not isinstance(v, str | int) for v in values):
            raise _refused(name.upper()[:40], "must be text, a whole number or a list of these")
        _add(parts, name, [str(v) for v in values])
    return rule(parts)


def rule(parts: Parts) -> Rule:
    """From the parts by their names, in upper case. Raises Refused."""
    for name in parts:
        if name not in _READERS:
            raise _refused(name[:40], f"is not supported; these parts are: {', '.join(_READERS)}")
    if "FREQ" not in parts:
        raise _refused("FREQ", f"is required: {', '.join(FREQUENCIES)}")
    read = {_FIELDS[name]: _READERS[name](name, values) for name, values in parts.items()}
    found = Rule(**read)  # type: ignore[arg-type]  # each reader gives its field's type
    _check(found)
    return found


def _refused(part: str, why: str) -> Refused:
    return Refused(f"{part} {why}.", field="repeat")


# --- the value of each part ---


def _one(name: str, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise _refused(name, "takes one value")
    return values[0]


def _freq(name: str, values: Sequence[str]) -> str:
    value = _one(name, values)
    if value not in FREQUENCIES:
        raise _refused(f"{name}={value[:20]}", f"is not supported; one of {', '.join(FREQUENCIES)}")
    return value


def _number(name: str, value: str, least: int, most: int) -> int:
    if not _NUMBER.fullmatch(value) or not least <= int(value) <= most:
        raise _refused(f"{name}={value[:20]}", f"must be a whole number from {least} to {most:,}")
    return int(value)


def _positive(most: int) -> Callable[[str, Sequence[str]], int]:
    return lambda name, values: _number(name, _one(name, values), 1, most)


def _numbers(most: int, *, signed: bool) -> Callable[[str, Sequence[str]], tuple[int, ...]]:
    """From 1 to `most`; where signed, from the end too. Zero counts nothing."""

    def read(name: str, values: Sequence[str]) -> tuple[int, ...]:
        found = [_number(name, value, -most if signed else 1, most) for value in values]
        if 0 in found:
            raise _refused(f"{name}=0", "counts nothing; the first is 1, the last -1")
        return tuple(dict.fromkeys(found))

    return read


def _weekdays(name: str, values: Sequence[str]) -> tuple[Weekday, ...]:
    found = []
    for value in values:
        match = _DAY.fullmatch(value)
        if match is None or (match[1] and int(match[1]) == 0):
            raise _refused(f"{name}={value[:20]}", "is no day; write it as TU, 2TU or -1FR")
        found.append(Weekday(DAYS.index(match[2]), int(match[1]) if match[1] else None))
    if len({weekday.nth is None for weekday in found}) > 1:
        raise _refused(name, "mixes each such day (TU) with counted ones (2TU); use one kind")
    return tuple(dict.fromkeys(found))


def _week_start(name: str, values: Sequence[str]) -> int:
    value = _one(name, values)
    if value not in DAYS:
        raise _refused(f"{name}={value[:20]}", f"is no day; one of {', '.join(DAYS)}")
    return DAYS.index(value)


def _until(name: str, values: Sequence[str]) -> date | datetime:
    value = _one(name, values)
    match = _UNTIL.fullmatch(value)
    try:
        if match is None:
            raise ValueError(value)
        day = date(int(match[1]), int(match[2]), int(match[3]))
        if match[4] is None:
            return day
        hours = (int(match[4]), int(match[5]), min(int(match[6]), 59))  # 60 is a leap second
        return datetime(day.year, day.month, day.day, *hours, tzinfo=UTC if match[7] else None)
    except ValueError as error:
        said = "is no time; write it as 20271231, 20271231T235959 or, in UTC, 20271231T235959Z"
        raise _refused(f"{name}={value[:30]}", said) from error


_READERS: dict[str, Callable[[str, Sequence[str]], object]] = {
    "FREQ": _freq,
    "INTERVAL": _positive(_MOST_INTERVAL),
    "COUNT": _positive(MOST),
    "UNTIL": _until,
    "BYDAY": _weekdays,
    "BYMONTHDAY": _numbers(31, signed=True),
    "BYMONTH": _numbers(12, signed=False),
    "BYSETPOS": _numbers(366, signed=True),
    "WKST": _week_start,
}
_FIELDS = {
    "FREQ": "freq",
    "INTERVAL": "interval",
    "COUNT": "count",
    "UNTIL": "until",
    "BYDAY": "weekdays",
    "BYMONTHDAY": "month_days",
    "BYMONTH": "months",
    "BYSETPOS": "positions",
    "WKST": "week_start",
}


# --- parts that do not go together ---


def _check(found: Rule) -> None:
    if found.count is not None and found.until is not None:
        raise _refused("COUNT", "and UNTIL exclude each other; give one of them")
    if found.count is None and found.until is None:
        raise _refused("COUNT", "or UNTIL is required: a series has an end")
    if found.month_days and found.freq == WEEKLY:
        raise _refused("BYMONTHDAY", "does not go with FREQ=WEEKLY; use FREQ=MONTHLY")
    if found.positions and not (found.weekdays or found.month_days):
        raise _refused("BYSETPOS", "chooses among days: give BYDAY or BYMONTHDAY too")
    counted = [weekday.nth for weekday in found.weekdays if weekday.nth is not None]
    if counted and found.freq in (DAILY, WEEKLY):
        raise _refused("BYDAY", f"counts no days with FREQ={found.freq}: write TU, not 2TU")
    most = 53 if found.freq == YEARLY and not found.months else 5
    if any(abs(nth) > most for nth in counted):
        raise _refused("BYDAY", f"counts from 1 to {most} or from -1 to -{most} here")
