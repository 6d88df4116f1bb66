"""Rules held against dates, and dates proposed by the rules."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduling.bank_holidays import bank_holidays
from services.scheduling.domain.plan_rules import ClosedPeriod, Dated, warnings, weeks
from services.scheduling.domain.planner import plan
from services.scheduling.domain.programme import NATIONS, TEMPLATES, Rules
from services.scheduling.domain.refusal import Refused
from tests.scheduling import BROCHURE

RULES = TEMPLATES["cop-leadership"].rules
LONDON = "Europe/London"
AUGUST = ClosedPeriod(date(2027, 8, 1), date(2027, 8, 31), "August")


def dated(*sessions: tuple[str, int | None, str]) -> list[Dated]:
    return [Dated(f"{k}-{n}", k, n, date.fromisoformat(day)) for k, n, day in sessions]


def codes(*sessions: tuple[str, int | None, str], rules: Rules = RULES) -> list[str]:
    return [w.code for w in warnings(rules, dated(*sessions), HOLIDAYS)]


HOLIDAYS = bank_holidays("england", 2018, 2035)


def test_the_brochures_dates_give_exactly_one_warning():
    [warning] = warnings(RULES, dated(*BROCHURE), HOLIDAYS)
    assert (warning.code, warning.session) == ("gap-too-long", "module-4")
    assert warning.detail == "15 weeks between modules 3 and 4; the programme's rule is 9 to 10."


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("2027-03-12", ["gap-too-short"]),
        ("2027-03-18", ["gap-too-short"]),
        ("2027-03-19", []),
        ("2027-03-25", []),
        ("2027-03-27", ["gap-too-long", "weekend"]),
        ("2027-04-09", ["gap-too-long"]),
        ("2027-03-26", ["bank-holiday"]),
    ],
)
def test_gaps_are_between_modules(second: str, expected: list[str]):
    found = codes(("module", 1, "2027-01-15"), ("module", 2, second))
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2027-01-15", ["webinar-out-of-order"]),
        ("2027-01-14", ["webinar-out-of-order"]),
        ("2027-01-18", []),
        ("2027-03-18", []),
        ("2027-03-19", ["webinar-out-of-order"]),
        ("2027-02-20", ["weekend"]),
    ],
)
def test_a_webinar_lies_between_its_module_and_the_next(day: str, expected: list[str]):
    modules = (("module", 1, "2027-01-15"), ("module", 2, "2027-03-19"))
    assert codes(*modules, ("webinar", 1, day)) == expected


@pytest.mark.parametrize(
    ("webinar", "celebration", "expected"),
    [
        ("2027-02-10", "2027-03-10", []),
        ("2027-03-10", "2027-03-10", ["webinar-out-of-order"]),
        ("2027-02-10", "2027-01-15", ["webinar-out-of-order", "celebration-out-of-order"]),
    ],
)
def test_the_celebration_is_the_last(webinar: str, celebration: str, expected: list[str]):
    sessions = (("module", 5, "2027-01-15"), ("webinar", 5, webinar))
    assert codes(*sessions, ("celebration", None, celebration)) == expected


@pytest.mark.parametrize(
    ("nation", "day", "is_one"),
    [
        ("scotland", "2027-01-04", True),
        ("england", "2027-01-04", False),
        ("england", "2027-08-30", True),
        ("scotland", "2027-08-30", False),
        ("northern-ireland", "2027-07-12", True),
        ("wales", "2027-07-12", False),
        ("england", "2023-05-08", True),
        ("england", "2022-09-19", True),
    ],
)
def test_bank_holidays_are_the_nations_own(nation: str, day: str, is_one: bool):
    at = date.fromisoformat(day)
    assert (at in bank_holidays(nation, at.year, at.year)) is is_one


def test_an_ordinary_year_is_planned_without_a_warning():
    proposal = plan(RULES, date(2027, 1, 15), LONDON, HOLIDAYS)
    assert proposal.warnings == ()
    modules = [s.when.date for s in proposal.sessions if s.kind == "module"]
    assert {day.weekday() for day in modules} == {4}
    assert [s.kind for s in proposal.sessions][-1] == "celebration"
    assert len(proposal.sessions) == 11


def test_a_time_to_avoid_is_avoided():
    proposal = plan(RULES, date(2027, 1, 15), LONDON, HOLIDAYS, [AUGUST])
    assert not [s for s in proposal.sessions if AUGUST.holds(s.when.date)]


def test_where_the_rules_cannot_all_hold_it_says_which_it_broke_and_why():
    summer = ClosedPeriod(date(2027, 5, 1), date(2027, 10, 31), "refurbishment")
    proposal = plan(RULES, date(2027, 1, 15), LONDON, HOLIDAYS, [summer])
    assert {w.code for w in proposal.warnings} <= {"gap-too-long", "gap-too-short"}
    assert proposal.warnings
    assert "the programme's rule is 9 to 10" in proposal.warnings[0].detail


def test_a_first_module_on_a_weekend_is_named():
    proposal = plan(RULES, date(2027, 1, 16), LONDON, HOLIDAYS)
    assert [w.code for w in proposal.warnings].count("weekend") >= 5


@pytest.mark.parametrize("day", [date(9999, 1, 1), date(2099, 12, 1), date(1066, 10, 14)])
def test_a_year_out_of_reach_is_refused(day: date):
    with pytest.raises(Refused) as refused:
        plan(RULES, day, LONDON, HOLIDAYS)
    assert refused.value.field == "first_module"


@pytest.mark.parametrize(
    ("days", "said"),
    [(7, "1 week"), (63, "9 weeks"), (64, "9 weeks and 1 day"), (69, "9 weeks and 6 days")],
)
def test_weeks_are_said_in_words(days: int, said: str):
    assert weeks(days) == said


periods = st.lists(
    st.tuples(st.dates(date(2027, 1, 1), date(2028, 12, 31)), st.integers(0, 90)), max_size=4
)


@given(
    first=st.dates(date(2026, 6, 1), date(2029, 6, 1)),
    closed=periods,
    gap=st.tuples(st.integers(1, 12), st.integers(0, 6)),
    nation=st.sampled_from(NATIONS),
    modules=st.integers(1, 6),
)
@settings(max_examples=80)
def test_a_proposal_never_breaks_a_rule_that_it_does_not_name(
    first: date, closed: Any, gap: tuple[int, int], nation: str, modules: int
):
    rules = replace(
        RULES,
        nation=nation,
        gap_weeks=(gap[0], gap[0] + gap[1]),
        modules=(RULES.modules * 2)[:modules],
    )
    holidays = bank_holidays(nation, 2026, 2036)
    avoid = [ClosedPeriod(a, a + timedelta(days=n), "x") for a, n in closed]
    proposal = plan(rules, first, LONDON, holidays, avoid)
    named = {(w.code, w.session) for w in proposal.warnings}
    held = {s.key: s for s in proposal.sessions}
    in_order = [held[f"module-{n}"].when.date for n in range(1, modules + 1)]
    assert in_order[0] == first
    assert {day.weekday() for day in in_order} == {first.weekday()}
    for number, day in enumerate(in_order[1:], 2):
        length = (day - in_order[number - 2]).days
        if length < rules.gap_weeks[0] * 7:
            assert ("gap-too-short", f"module-{number}") in named
        if length > rules.gap_weeks[1] * 7:
            assert ("gap-too-long", f"module-{number}") in named
    for session in proposal.sessions:
        day = session.when.date
        assert (day.weekday() < 5) or ("weekend", session.key) in named
        assert (day not in holidays) or ("bank-holiday", session.key) in named
        if any(period.holds(day) for period in avoid):
            assert ("closed-period", session.key) in named
    ends = [*in_order[1:], held["celebration"].when.date]
    for number in range(1, modules + 1):
        webinar = held[f"webinar-{number}"].when.date
        between = in_order[number - 1] < webinar < ends[number - 1]
        assert between or ("webinar-out-of-order", f"webinar-{number}") in named
