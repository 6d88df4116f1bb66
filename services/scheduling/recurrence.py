"""The days of a series: a recurrence rule worked out from the date of its first session."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from services.scheduling.domain.recurrence_rule import DAYS, MOST, Rule, Weekday
from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.wall_clock import FIRST, When, check, exists_twice

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
YEARS_AHEAD = 3  # from the first session on
_FREQUENCIES: dict[str, Literal[0, 1, 2, 3]] = {
    "DAILY": DAILY,
    "WEEKLY": WEEKLY,
    "MONTHLY": MONTHLY,
    "YEARLY": YEARLY,
}


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


def rule_of(repeat: Repeat, first: date) -> Rule:
    """The same as a rule. Raises Refused for what does not agree with the first session's date."""
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
    if repeat.weekday not in (None, first.weekday()):
        raise Refused(f"The first session, {first}, is on a {first:%A}.", field="repeat.weekday")
    if repeat.weeks is not None:
        if repeat.nth is not None:
            raise Refused("Goes with months only: a week has each day once.", field="repeat.nth")
        return Rule("WEEKLY", repeat.weeks, repeat.count, repeat.until)
    nths = _nths(first)
    if repeat.nth is not None and repeat.nth not in nths:
        said = f"The first session, {first}, is not on that {first:%A} of its month."
        raise Refused(said, field="repeat.nth")
    on = Weekday(first.weekday(), repeat.nth or nths[0])
    return Rule("MONTHLY", repeat.months or 1, repeat.count, repeat.until, (on,))


def _nths(day: date) -> tuple[int, ...]:
    """Which of its weekday in the month a day is; the fifth counts as the last."""
    nth = (day.day - 1) // 7 + 1
    is_last = day.day + 7 > calendar.monthrange(day.year, day.month)[1]
    return (*((nth,) if nth < 5 else ()), *((-1,) if is_last else ()))


def times(rule: Rule, first: When) -> list[When]:
    """The times of the sessions of a series, `first` being the first. Raises Refused.

    An hour that exists twice is the first of them on all days but the first session's.
    """
    check(first)
    _check_first(rule, first.date)
    latest = _years_later(first.date)
    _check_until(rule, first, latest)
    found: list[When] = []
    for day in _days(rule, first.date, latest):
        at = replace(first, date=day)
        if day != first.date and not exists_twice(day, first.start, first.zone):
            at = replace(at, occurrence=FIRST)
        if _is_over(rule, at):
            return found
        if len(found) == MOST:
            raise Refused(f"A series has {MOST} sessions at most; end it earlier.", field=_UNTIL)
        found.append(at)
        if len(found) == rule.count:
            return found
    if rule.count is not None:
        raise Refused(
            f"A series looks {YEARS_AHEAD} years ahead at most, to {latest}: there are"
            f" {len(found)} sessions until then.",
            field="repeat.count",
        )
    return found


_UNTIL = "repeat.until"


def _years_later(day: date) -> date:
    try:
        return day.replace(year=day.year + YEARS_AHEAD)
    except ValueError:  # 29 February
        return day.replace(year=day.year + YEARS_AHEAD, day=28)


def _check_until(rule: Rule, first: When, latest: date) -> None:
    if rule.until is None:
        return
    if _is_over(rule, first):
        raise Refused("The series ends before its first session.", field=_UNTIL)
    until = rule.until.date() if isinstance(rule.until, datetime) else rule.until
    if until > latest + timedelta(days=1):  # the day may be another one in UTC
        raise Refused(
            f"A series looks {YEARS_AHEAD} years ahead at most: end it by {latest}.", field=_UNTIL
        )


def _is_over(rule: Rule, at: When) -> bool:
    """Whether the series has ended before such a session begins."""
    match rule.until:
        case None:
            return False
        case datetime(tzinfo=None) as until:
            return datetime.fromisoformat(f"{at.date}T{at.start}") > until
        case datetime() as until:
            return at.begins() > until
        case until:
            return at.date > until


def _days(rule: Rule, first: date, latest: date) -> Iterator[date]:
    """Every day that the rule gives, from the first one on.

    It is asked from the beginning of the first one's week, month or year, since BYSETPOS counts
    within whole ones.
    """
    days, month_days, months = _on(rule, first)
    found = rrule(
        _FREQUENCIES[rule.freq],
        dtstart=datetime.combine(_period(rule, first)[0], datetime.min.time()),
        interval=rule.interval,
        wkst=rule.week_start,
        until=datetime.combine(latest, datetime.min.time()),
        bysetpos=rule.positions or None,
        byweekday=days,
        bymonthday=month_days,
        bymonth=months,
    )
    return (at.date() for at in found if at.date() >= first)


def _on(rule: Rule, first: date) -> tuple[list[weekday] | None, list[int] | None, list[int] | None]:
    """What a rule says of its days; where it says nothing, they are as the first one."""
    days = [weekday(on.day, on.nth) for on in rule.weekdays] or None
    month_days, months = list(rule.month_days) or None, list(rule.months) or None
    if days is None and month_days is None:
        if rule.freq == "WEEKLY":
            days = [weekday(first.weekday())]
        elif rule.freq in ("MONTHLY", "YEARLY"):
            month_days = [first.day]
            months = months or ([first.month] if rule.freq == "YEARLY" else None)
    return days, month_days, months


# --- whether the first session is on a day that the rule gives ---


def _check_first(rule: Rule, first: date) -> None:
    """Raises Refused where it is not, naming the part: the first session is never moved.

    This also keeps a rule from being searched that no day ever fulfils.
    """
    if part := _contradicted(rule, first):
        raise Refused(
            f"{part} leaves out {first:%A} {first.day} {first:%B %Y}, the date of the first"
            f" session. Change the date{_instead(rule, first)}, or the rule.",
            field="repeat",
        )


def _contradicted(rule: Rule, day: date) -> str | None:
    """The part of the rule that leaves a day out; None where each gives it."""
    if rule.months and day.month not in rule.months:
        return "BYMONTH"
    length = calendar.monthrange(day.year, day.month)[1]
    if rule.month_days and not {day.day, day.day - length - 1} & set(rule.month_days):
        return "BYMONTHDAY"
    if rule.weekdays and not any(_is_on(rule, day, on) for on in rule.weekdays):
        return "BYDAY=" + ",".join(f"{on.nth or ''}{DAYS[on.day]}" for on in rule.weekdays)
    if rule.positions:
        begins, ends = _period(rule, day)
        plain = replace(rule, positions=())
        days = [begins + timedelta(days=n) for n in range((ends - begins).days)]
        chosen = [d for d in days if _contradicted(plain, d) is None]
        at = chosen.index(day)
        if not {at + 1, at - len(chosen)} & set(rule.positions):
            return "BYSETPOS"
    return None


def _is_on(rule: Rule, day: date, on: Weekday) -> bool:
    if day.weekday() != on.day:
        return False
    if on.nth is None:
        return True
    in_year = rule.freq == "YEARLY" and not rule.months
    at = day.timetuple().tm_yday if in_year else day.day
    length = 365 + calendar.isleap(day.year)
    if not in_year:
        length = calendar.monthrange(day.year, day.month)[1]
    return on.nth in ((at - 1) // 7 + 1, -((length - at) // 7 + 1))


def _period(rule: Rule, day: date) -> tuple[date, date]:
    """The day, week, month or year that a day is in: its first day, and the one after its last."""
    match rule.freq:
        case "DAILY":
            return day, day + timedelta(days=1)
        case "WEEKLY":
            begins = day - timedelta(days=(day.weekday() - rule.week_start) % 7)
            return begins, begins + timedelta(days=7)
        case "MONTHLY":
            begins = day.replace(day=1)
            return begins, begins + timedelta(days=calendar.monthrange(day.year, day.month)[1])
        case _:
            return date(day.year, 1, 1), date(day.year + 1, 1, 1)


def _instead(rule: Rule, first: date) -> str:
    """The next day that the rule would give, where there is one soon and it is quickly found."""
    if rule.positions and rule.freq == "YEARLY":
        return ""
    for n in range(1, 400):
        day = first + timedelta(days=n)
        if _contradicted(rule, day) is None:
            return f", for example to {day}"
    return ""
