"""Dates for a programme from its first module on: those that keep the rules, or the least bad.

Modules keep the first one's weekday. Among all ways to place them, the one with the least cost is
taken, found by dynamic programming over the weeks; what a rule's breach costs is below.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.scheduling.domain.plan_rules import (
    ClosedPeriod,
    Dated,
    Holidays,
    Warned,
    warnings,
)
from services.scheduling.domain.programme import Rules
from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.session import CELEBRATION, IN_PERSON, MODULE, ONLINE, WEBINAR
from services.scheduling.domain.wall_clock import LATEST, When, check, check_date, later

_DAY_NOT_FREE = 1000.0  # on a bank holiday, a weekend or in a time to avoid
_GAP_BROKEN, _EACH_WEEK_OFF = 10.0, 3.0
_LATER = 0.01  # the shorter of two gaps that both keep the rule
_MORE_WEEKS = 26  # how much longer than the rule a gap may get
_TO_CELEBRATION = 8  # weeks after the last module
_WEEK = timedelta(weeks=1)
IsFree = Callable[[date, str, str], bool]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A session that does not exist yet; `key` names it in the warnings."""

    key: str
    kind: str
    number: int | None
    title: str
    when: When
    modality: str
    topics: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    sessions: tuple[Proposed, ...]
    warnings: tuple[Warned, ...]


def plan(
    rules: Rules,
    first: date,
    zone: str,
    holidays: Holidays,
    avoid: Sequence[ClosedPeriod] = (),
) -> Plan:
    """Propose dates from the day of the first module. Raises Refused."""
    check_date(first, "first_module")
    check(When(first, *rules.module_hours, zone))
    check_date(first + _WEEK * (len(rules.modules) + 1) * (rules.gap_weeks[1] + 4), "first_module")

    def is_free(day: date, start: str, end: str) -> bool:
        if day.weekday() >= 5 or day in holidays or any(p.holds(day) for p in avoid):
            return False
        try:
            check(When(day, start, end, zone))
        except Refused:
            return False
        return True

    days = _module_days(rules, first, is_free)
    celebration = _celebration_day(rules, days[-1], is_free) if rules.celebration else None
    sessions = [*_modules(rules, days, zone), *_webinars(rules, days, celebration, zone, is_free)]
    if celebration is not None:
        when = When(celebration, *rules.module_hours, zone)
        sessions.append(
            Proposed("celebration", CELEBRATION, None, "Celebration event", when, IN_PERSON)
        )
    sessions.sort(key=lambda s: (s.when.date, s.when.start))
    dated = [Dated(s.key, s.kind, s.number, s.when.date) for s in sessions]
    return Plan(tuple(sessions), tuple(warnings(rules, dated, holidays, avoid)))


Way = tuple[int, "Way | None"]  # a module's week, and the way to the module before


def _module_days(rules: Rules, first: date, is_free: IsFree) -> list[date]:
    """The cheapest days for all modules: cost and way by the week that a module falls in."""
    least, most = rules.gap_weeks
    gaps = {g: _gap_cost(g, least, most) for g in range(max(1, least - 4), most + _MORE_WEEKS)}
    last_week = (LATEST - first) // _WEEK
    day_costs: dict[int, float] = {}
    best: dict[int, tuple[float, Way]] = {0: (0.0, (0, None))}
    for _ in rules.modules[1:]:
        following: dict[int, tuple[float, Way]] = {}
        for week, (cost, way) in sorted(best.items()):
            for gap, gap_cost in gaps.items():
                reached = week + gap
                if reached > last_week:
                    break
                if reached not in day_costs:
                    free = is_free(first + _WEEK * reached, *rules.module_hours)
                    day_costs[reached] = 0.0 if free else _DAY_NOT_FREE
                total = cost + gap_cost + day_costs[reached]
                if reached not in following or total < following[reached][0]:
                    following[reached] = (total, (reached, way))
        best = following
    week, (_, way) = min(best.items(), key=lambda found: (found[1][0], found[0]))
    weeks = [week]
    while way[1] is not None:
        way = way[1]
        weeks.append(way[0])
    return [first + _WEEK * week for week in reversed(weeks)]


def _gap_cost(gap: int, least: int, most: int) -> float:
    if least <= gap <= most:
        return _LATER * (gap - least)
    return _GAP_BROKEN + _EACH_WEEK_OFF * max(least - gap, gap - most)


def _celebration_day(rules: Rules, last: date, is_free: IsFree) -> date:
    target = last + _WEEK * _TO_CELEBRATION
    nearby = [target + _WEEK * n for n in (0, 1, -1, 2, -2, 3, 4, 5, 6)]
    return next((day for day in nearby if is_free(day, *rules.module_hours)), target)


def _modules(rules: Rules, days: Sequence[date], zone: str) -> list[Proposed]:
    return [
        Proposed(
            f"module-{number}",
            MODULE,
            number,
            module.title,
            When(day, *rules.module_hours, zone),
            IN_PERSON,
            module.topics,
            module.outcomes,
        )
        for number, (module, day) in enumerate(zip(rules.modules, days, strict=True), 1)
    ]


def _webinars(
    rules: Rules, days: Sequence[date], celebration: date | None, zone: str, is_free: IsFree
) -> list[Proposed]:
    if rules.webinars is None:
        return []
    start, end = rules.webinars.time, later(rules.webinars.time, rules.webinars.minutes)
    found = []
    for number, (module, day) in enumerate(zip(rules.modules, days, strict=True), 1):
        until = days[number] if number < len(days) else celebration or day + _WEEK * 9
        chosen = _between(day, until, lambda d: is_free(d, start, end))
        title = f"Reflective webinar: {module.title}"
        when = When(chosen, start, end, zone)
        found.append(Proposed(f"webinar-{number}", WEBINAR, number, title, when, ONLINE))
    return found


def _between(after: date, before: date, is_free: Callable[[date], bool]) -> date:
    """The free day that is nearest to the middle; the middle itself where there is none."""
    middle = after + (before - after) / 2
    days = [after + timedelta(days=n) for n in range(1, (before - after).days)]
    free = [day for day in days if is_free(day)]
    return min(free, key=lambda day: (abs((day - middle).days), day), default=middle)
