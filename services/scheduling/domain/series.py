"""A series: sessions that repeat, each with an identity of its own."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.wall_clock import LATEST

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST = 60  # sessions of one series
_RULE_DAY = re.compile(r"(-1|[1-4])?(MO|TU|WE|TH|FR|SA|SU)")
_SHORT = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Repeat:
    """Every so many weeks; or every so many months on the nth weekday (-1: the last).

    It ends after `count` sessions, or with `until`.
    """

    weeks: int | None = None
    months: int | None = None
    nth: int | None = None
    weekday: int | None = None
    count: int | None = None
    until: date | None = None


def dates(repeat: Repeat, first: date) -> list[date]:
    """The days of the series; the first is `first`. Raises Refused."""
    _check(repeat)
    found: list[date] = []
    for day in _days(repeat, first):
        if day > LATEST or (repeat.until is not None and day > repeat.until):
            break
        if len(found) == MOST and repeat.count is None:
            raise Refused(
                f"A series has {MOST} sessions at most; end it earlier.", field="repeat.until"
            )
        found.append(day)
        if len(found) == repeat.count:
            break
    if not found:
        raise Refused("The series ends before it begins.", field="repeat.until")
    return found


def parse_rule(text: str) -> Repeat:
    """A recurrence rule of RFC 5545, as far as series go. Raises Refused."""
    parts = dict(part.split("=", 1) for part in text.upper().split(";") if "=" in part)
    known = {"FREQ", "INTERVAL", "BYDAY", "COUNT", "UNTIL"}
    day = _RULE_DAY.fullmatch(parts.get("BYDAY", "MO"))
    if set(parts) - known or parts.get("FREQ") not in ("WEEKLY", "MONTHLY") or day is None:
        raise Refused(
            "This rule is not known here; write it as FREQ=WEEKLY;INTERVAL=6;COUNT=5 or"
            " FREQ=MONTHLY;BYDAY=2TU;COUNT=5.",
            field="repeat",
        )
    try:
        interval, until = int(parts.get("INTERVAL", "1")), parts.get("UNTIL")
        count = int(parts["COUNT"]) if "COUNT" in parts else None
        ends = date.fromisoformat(until.replace("-", "")[:8]) if until else None
    except ValueError as error:
        raise Refused("INTERVAL and COUNT are numbers, UNTIL a date.", field="repeat") from error
    if parts["FREQ"] == "WEEKLY":
        return Repeat(weeks=interval, count=count, until=ends)
    named = "BYDAY" in parts and day[1] is not None
    nth, weekday = (int(day[1]), _SHORT.index(day[2])) if named else (None, None)
    return Repeat(months=interval, nth=nth, weekday=weekday, count=count, until=ends)


def _check(repeat: Repeat) -> None:
    if (repeat.weeks is None) == (repeat.months is None):
        raise Refused("Say either every how many weeks or every how many months.", field="repeat")
    if not 1 <= (repeat.weeks or repeat.months or 0) <= 104:
        raise Refused("Must be from 1 to 104.", field="repeat")
    if (repeat.count is None) == (repeat.until is None):
        raise Refused("Say either how many sessions or until when.", field="repeat")
    if repeat.count is not None and not 1 <= repeat.count <= MOST:
        raise Refused(f"Must be from 1 to {MOST}.", field="repeat.count")
    if repeat.nth is not None and repeat.nth not in (-1, 1, 2, 3, 4):
        raise Refused("Must be from 1 to 4, or -1 for the last.", field="repeat.nth")


def _days(repeat: Repeat, first: date) -> Iterator[date]:
    if repeat.weeks is not None:
        for n in range(10_000):
            try:
                yield first + timedelta(weeks=n * repeat.weeks)
            except OverflowError:
                return
        return
    nth = repeat.nth if repeat.nth is not None else _nth(first)
    weekday = repeat.weekday if repeat.weekday is not None else first.weekday()
    for n in range(0, 2_000, repeat.months or 1):
        year, month = divmod(first.year * 12 + first.month - 1 + n, 12)
        if year > LATEST.year:
            return
        day = _on(year, month + 1, nth, weekday)
        if day >= first:
            yield day


def _nth(day: date) -> int:
    """Which of its weekday in the month it is; the fifth counts as the last."""
    nth = (day.day - 1) // 7 + 1
    return nth if nth < 5 else -1


def _on(year: int, month: int, nth: int, weekday: int) -> date:
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    last = date(year, month, calendar.monthrange(year, month)[1])
    return last - timedelta(days=(last.weekday() - weekday) % 7)
