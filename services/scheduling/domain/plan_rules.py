"""A programme's rules held against dates: warnings, which never forbid anything."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from services.scheduling.domain.programme import Rules
from services.scheduling.domain.session import CELEBRATION, MODULE, WEBINAR

GAP_TOO_SHORT, GAP_TOO_LONG = "gap-too-short", "gap-too-long"
BANK_HOLIDAY, WEEKEND, CLOSED_PERIOD = "bank-holiday", "weekend", "closed-period"
WEBINAR_OUT_OF_ORDER, CELEBRATION_TOO_EARLY = "webinar-out-of-order", "celebration-out-of-order"
CLASH = "clash"

Holidays = Mapping[date, str]


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """Both days are in it."""

    begins: date
    ends: date
    label: str

    def holds(self, day: date) -> bool:
        return self.begins <= day <= self.ends


@dataclass(frozen=True, slots=True)
class Dated:
    """A session as the rules see it; `key` is how a warning names it."""

    key: str
    kind: str
    number: int | None
    date: date

    @property
    def name(self) -> str:
        if self.kind == CELEBRATION or self.number is None:
            return f"the {self.kind}"
        return f"{self.kind} {self.number}"


@dataclass(frozen=True, slots=True)
class Warned:
    """A rule that does not hold: its code, the session, and why, in words."""

    code: str
    session: str
    detail: str


def warnings(
    rules: Rules,
    sessions: Iterable[Dated],
    holidays: Holidays,
    closed: Sequence[ClosedPeriod] = (),
) -> list[Warned]:
    """Every rule that these dates break."""
    ordered = sorted(sessions, key=lambda s: (s.date, s.kind, s.number or 0))
    modules = sorted((s for s in ordered if s.kind == MODULE), key=lambda s: s.number or 0)
    found = _gaps(rules, modules)
    for session in ordered:
        found += _day(session, holidays, closed)
    found += _webinars(ordered, modules)
    return found + _celebration(ordered, modules)


def _gaps(rules: Rules, modules: Sequence[Dated]) -> list[Warned]:
    least, most = rules.gap_weeks
    found = []
    for before, after in pairwise(modules):
        days = (after.date - before.date).days
        if least * 7 <= days <= most * 7:
            continue
        said = (
            f"{weeks(days)} between modules {before.number} and {after.number};"
            f" the programme's rule is {least} to {most}."
        )
        code = GAP_TOO_SHORT if days < least * 7 else GAP_TOO_LONG
        found.append(Warned(code, after.key, said))
    return found


def _day(session: Dated, holidays: Holidays, closed: Sequence[ClosedPeriod]) -> list[Warned]:
    day, name = session.date, session.name[0].upper() + session.name[1:]
    found = []
    if day.weekday() >= 5:
        found.append(Warned(WEEKEND, session.key, f"{name} is on a {day:%A}."))
    if day in holidays:
        said = f"{name} is on {holidays[day]}, {_written(day)}."
        found.append(Warned(BANK_HOLIDAY, session.key, said))
    for period in closed:
        if period.holds(day):
            said = f"{name}, {_written(day)}, lies in a time to avoid: {period.label}."
            found.append(Warned(CLOSED_PERIOD, session.key, said))
    return found


def _webinars(ordered: Sequence[Dated], modules: Sequence[Dated]) -> list[Warned]:
    """Each is after its module, and before the next one or the celebration."""
    dates = {module.number: module.date for module in modules}
    celebration = next((s.date for s in ordered if s.kind == CELEBRATION), None)
    found = []
    for webinar in (s for s in ordered if s.kind == WEBINAR):
        number = webinar.number or 0
        own, following = dates.get(number), dates.get(number + 1, celebration)
        if own is not None and webinar.date <= own:
            said = f"Webinar {number}, {_written(webinar.date)}, is not after its module."
        elif following is not None and webinar.date >= following:
            next_ = f"module {number + 1}" if number + 1 in dates else "the celebration"
            said = f"Webinar {number}, {_written(webinar.date)}, is not before {next_}."
        else:
            continue
        found.append(Warned(WEBINAR_OUT_OF_ORDER, webinar.key, said))
    return found


def _celebration(ordered: Sequence[Dated], modules: Sequence[Dated]) -> list[Warned]:
    last = max((module.date for module in modules), default=None)
    return [
        Warned(CELEBRATION_TOO_EARLY, s.key, "The celebration is not after the last module.")
        for s in ordered
        if s.kind == CELEBRATION and last is not None and s.date <= last
    ]


def weeks(days: int) -> str:
    """Days as weeks, in words."""
    whole, rest = divmod(days, 7)
    said = f"{whole} week{'' if whole == 1 else 's'}"
    return f"{said} and {rest} day{'' if rest == 1 else 's'}" if rest else said


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
