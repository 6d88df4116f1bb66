"""Series: rules read whole or refused by the part, and the days that they give."""

import contextlib
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.scheduling.domain.recurrence_rule import DAYS, Rule, Weekday, parse, parse_object
from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.wall_clock import When
from services.scheduling.recurrence import Repeat, rule_of, times
from tests.unit.scheduling.scenario import when

TUESDAY = "2027-01-12"  # the second one of its month


def days(rule: Rule, first: str, start: str = "10:00", end: str = "12:00") -> list[str]:
    return [at.date.isoformat() for at in times(rule, when(first, start, end))]


@pytest.mark.parametrize(
    ("rule", "first", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", "2027-02-27", ["2027-02-27", "2027-02-28", "2027-03-01"]),
        ("FREQ=DAILY;INTERVAL=10;COUNT=2", TUESDAY, [TUESDAY, "2027-01-22"]),
        ("FREQ=DAILY;BYDAY=TU,FR;COUNT=3", TUESDAY, [TUESDAY, "2027-01-15", "2027-01-19"]),
        ("FREQ=WEEKLY;INTERVAL=6;COUNT=2", TUESDAY, [TUESDAY, "2027-02-23"]),
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=2", TUESDAY, [TUESDAY, "2027-01-19"]),
        (  # as Outlook writes two days a week, every other week
            "RRULE:FREQ=WEEKLY;COUNT=4;INTERVAL=2;BYDAY=TU,TH;WKST=SU",
            TUESDAY,
            [TUESDAY, "2027-01-14", "2027-01-26", "2027-01-28"],
        ),
        (  # the example of RFC 5545 where WKST matters
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "2025-08-05",
            ["2025-08-05", "2025-08-10", "2025-08-19", "2025-08-24"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "2025-08-05",
            ["2025-08-05", "2025-08-17", "2025-08-19", "2025-08-31"],
        ),
        ("FREQ=MONTHLY;COUNT=3", TUESDAY, [TUESDAY, "2027-02-12", "2027-03-12"]),
        ("FREQ=MONTHLY;COUNT=3", "2027-01-31", ["2027-01-31", "2027-03-31", "2027-05-31"]),
        ("FREQ=MONTHLY;BYDAY=2TU;COUNT=2", TUESDAY, [TUESDAY, "2027-02-09"]),
        ("freq=monthly;byday=+2tu;count=2;", TUESDAY, [TUESDAY, "2027-02-09"]),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2;WKST=MO;COUNT=2", TUESDAY, [TUESDAY, "2027-02-09"]),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
            "2027-01-29",
            ["2027-01-29", "2027-02-26", "2027-03-31"],
        ),
        (
            "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=2",
            "2027-01-13",
            ["2027-01-13", "2027-01-20"],
        ),
        ("FREQ=MONTHLY;BYDAY=5FR;COUNT=2", "2027-01-29", ["2027-01-29", "2027-04-30"]),
        ("FREQ=MONTHLY;BYMONTHDAY=12,-1;COUNT=3", TUESDAY, [TUESDAY, "2027-01-31", "2027-02-12"]),
        ("FREQ=YEARLY;COUNT=2", TUESDAY, [TUESDAY, "2028-01-12"]),
        ("FREQ=YEARLY;BYMONTH=1,7;COUNT=3", TUESDAY, [TUESDAY, "2027-07-12", "2028-01-12"]),
        ("FREQ=YEARLY;BYDAY=2TU;BYMONTH=1;COUNT=2", TUESDAY, [TUESDAY, "2028-01-11"]),
        ("FREQ=YEARLY;BYDAY=TU;BYMONTH=1;BYSETPOS=2;COUNT=2", TUESDAY, [TUESDAY, "2028-01-11"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;UNTIL=20300101", "2028-02-29", ["2028-02-29"]),
        ("FREQ=YEARLY;COUNT=4", TUESDAY, [TUESDAY, "2028-01-12", "2029-01-12", "2030-01-12"]),
        ("FREQ=WEEKLY;UNTIL=20270126", TUESDAY, [TUESDAY, "2027-01-19", "2027-01-26"]),
        ("FREQ=WEEKLY;UNTIL=20270119T095959", TUESDAY, [TUESDAY]),
        ("FREQ=WEEKLY;UNTIL=20270119T100000", TUESDAY, [TUESDAY, "2027-01-19"]),
        ("FREQ=WEEKLY;UNTIL=20270119T100000Z", TUESDAY, [TUESDAY, "2027-01-19"]),
        ("FREQ=WEEKLY;UNTIL=20270413T085959Z", "2027-04-06", ["2027-04-06"]),
        ("FREQ=WEEKLY;UNTIL=20270413T090000Z", "2027-04-06", ["2027-04-06", "2027-04-13"]),
    ],
)
def test_a_rule_gives_its_days(rule: str, first: str, expected: list[str]):
    assert days(parse(rule), first) == expected


@pytest.mark.parametrize(
    ("zone", "until", "count"),
    [("Pacific/Auckland", "20270118T210000Z", 2), ("America/New_York", "20270119T150000Z", 2)],
)
def test_an_end_in_utc_is_compared_as_an_instant(zone: str, until: str, count: int):
    rule = parse(f"FREQ=WEEKLY;UNTIL={until}")
    assert len(times(rule, when(TUESDAY, "10:00", "12:00", zone=zone))) == count


@pytest.mark.parametrize(
    ("rule", "first", "part"),
    [
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=3", "2027-01-13", "BYDAY=TU"),
        ("FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3", "2027-01-13", "BYDAY=MO,FR"),
        ("FREQ=MONTHLY;BYDAY=2TU;COUNT=3", "2027-01-19", "BYDAY=2TU"),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "2027-01-22", "BYDAY=-1FR"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2;COUNT=3", "2027-01-19", "BYSETPOS"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=40;COUNT=3", TUESDAY, "BYSETPOS"),
        ("FREQ=MONTHLY;BYMONTHDAY=15;COUNT=3", TUESDAY, "BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=3;COUNT=3", TUESDAY, "BYMONTH"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", "2027-02-28", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYDAY=53MO;COUNT=2", "2027-01-11", "BYDAY=53MO"),
    ],
)
def test_a_rule_that_leaves_out_the_first_date_is_refused_at_once(rule: str, first: str, part: str):
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        times(parse(rule), when(first))
    assert time.monotonic() - began < 1  # no search for a day that never comes
    assert refused.value.field == "repeat"
    assert refused.value.reason.startswith(part)


def test_the_next_day_that_a_rule_would_give_is_named():
    with pytest.raises(Refused, match="for example to 2027-01-19"):
        times(parse("FREQ=WEEKLY;BYDAY=TU;COUNT=3"), when("2027-01-13"))


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        ("", "one rule"),
        ("daily", "DAILY"),
        ("FREQ=HOURLY;COUNT=2", "FREQ=HOURLY"),
        ("INTERVAL=2;COUNT=2", "FREQ"),
        ("FREQ=WEEKLY;COUNT=2;COUNT=3", "COUNT"),
        ("FREQ=WEEKLY;COUNT=2;count=2", "COUNT"),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20271231", "COUNT"),
        ("FREQ=WEEKLY", "COUNT or UNTIL"),
        ("FREQ=WEEKLY;COUNT=0", "COUNT=0"),
        ("FREQ=WEEKLY;COUNT=61", "COUNT=61"),
        ("FREQ=WEEKLY;COUNT=2.5", "COUNT=2.5"),
        ("FREQ=WEEKLY;COUNT=٣", "COUNT=٣"),
        ("FREQ=WEEKLY;COUNT=2,3", "COUNT"),
        ("FREQ=WEEKLY;COUNT=", "COUNT"),
        ("FREQ=WEEKLY;INTERVAL=0;COUNT=2", "INTERVAL=0"),
        ("FREQ=WEEKLY;INTERVAL=-1;COUNT=2", "INTERVAL=-1"),
        ("FREQ=WEEKLY;BYDAY=2TU;COUNT=2", "BYDAY"),
        ("FREQ=DAILY;BYDAY=-1TU;COUNT=2", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=6TU;COUNT=2", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=0TU;COUNT=2", "BYDAY=0TU"),
        ("FREQ=MONTHLY;BYDAY=9XX;COUNT=2", "BYDAY=9XX"),
        ("FREQ=MONTHLY;BYDAY=TU,2WE;COUNT=2", "BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=12;COUNT=2", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32;COUNT=2", "BYMONTHDAY=32"),
        ("FREQ=MONTHLY;BYMONTHDAY=0;COUNT=2", "BYMONTHDAY=0"),
        ("FREQ=YEARLY;BYMONTH=13;COUNT=2", "BYMONTH=13"),
        ("FREQ=MONTHLY;BYSETPOS=2;COUNT=2", "BYSETPOS"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=0;COUNT=2", "BYSETPOS=0"),
        ("FREQ=WEEKLY;WKST=2;COUNT=2", "WKST=2"),
        ("FREQ=DAILY;BYHOUR=3;COUNT=2", "BYHOUR"),
        ("FREQ=DAILY;BYSECOND=3;COUNT=2", "BYSECOND"),
        ("FREQ=YEARLY;BYWEEKNO=3;COUNT=2", "BYWEEKNO"),
        ("FREQ=YEARLY;BYYEARDAY=3;COUNT=2", "BYYEARDAY"),
        ("RSCALE=CHINESE;FREQ=YEARLY;COUNT=2", "RSCALE"),
        ("X-NEW=1;FREQ=YEARLY;COUNT=2", "X-NEW"),
        ("FREQ=WEEKLY;UNTIL=20270631", "UNTIL=20270631"),
        ("FREQ=WEEKLY;UNTIL=tomorrow", "UNTIL=TOMORROW"),
        ("FREQ=WEEKLY;UNTIL=20270601T250000Z", "UNTIL=20270601T250000Z"),
        ("FREQ=WEEKLY;UNTIL=20270601T100000+0100", "UNTIL"),
        ("EXDATE:20270112\nRRULE:FREQ=DAILY;COUNT=2", "EXDATE"),
        ("DTSTART;TZID=Europe/London:20270112T100000\nRRULE:FREQ=DAILY;COUNT=2", "DTSTART"),
        ("RRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=DAILY;COUNT=2", "one rule"),
        ("FREQ=DAILY;COUNT=2" + ";BYDAY=TU" * 200, "A rule has"),
    ],
)
def test_what_is_not_supported_is_refused_by_its_name(rule: str, part: str):
    with pytest.raises(Refused) as refused:
        parse(rule)
    assert refused.value.field == "repeat"
    assert part in refused.value.reason


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ("FREQ=WEEKLY;UNTIL=20270111", "repeat.until"),
        ("FREQ=WEEKLY;UNTIL=20270112T095959Z", "repeat.until"),
        ("FREQ=WEEKLY;UNTIL=20300115", "repeat.until"),
        ("FREQ=WEEKLY;UNTIL=20290101", "repeat.until"),  # more than sixty
        ("FREQ=YEARLY;COUNT=5", "repeat.count"),
        ("FREQ=MONTHLY;INTERVAL=12;COUNT=60", "repeat.count"),
    ],
)
def test_a_series_ends_after_its_first_session_and_within_three_years(rule: str, field: str):
    with pytest.raises(Refused) as refused:
        times(parse(rule), when(TUESDAY))
    assert refused.value.field == field


@pytest.mark.parametrize("day", ["9999-12-31", "1999-12-31", "0001-01-01"])
def test_a_series_from_a_date_that_cannot_be_names_the_date(day: str):
    with pytest.raises(Refused) as refused:
        times(parse("FREQ=DAILY;COUNT=2"), when(day))
    assert refused.value.field == "date"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ({"freq": "MONTHLY", "byday": "-1FR", "count": 3}, "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3"),
        (
            {"freq": "weekly", "interval": 2, "byday": ["MO", "WE"], "until": "2027-06-01"},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20270601",
        ),
        (
            {"freq": "YEARLY", "bymonthday": [1, -1], "until": "2027-06-01T09:00:00Z"},
            "FREQ=YEARLY;BYMONTHDAY=1,-1;UNTIL=20270601T090000Z",
        ),
    ],
)
def test_a_rule_as_jcal_has_it_says_the_same(value: dict[str, object], rule: str):
    assert parse_object(value) == parse(rule)


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"weeks": 2}, "WEEKS"),
        ({"byhour": 3}, "BYHOUR"),
        ({"COUNT": 3}, "COUNT"),
        ({"interval": True}, "INTERVAL"),
        ({"interval": None}, "INTERVAL"),
        ({"interval": 1.5}, "INTERVAL"),
        ({"byday": []}, "BYDAY"),
        ({"byday": {"day": "TU"}}, "BYDAY"),
    ],
)
def test_nothing_in_a_jcal_rule_is_left_out(more: dict[str, object], part: str):
    with pytest.raises(Refused, match=part):
        parse_object({"freq": "WEEKLY", "count": 2} | more)


# --- in weeks or months ---


@pytest.mark.parametrize(
    ("repeat", "first", "expected"),
    [
        (Repeat(weeks=6, count=3), TUESDAY, [TUESDAY, "2027-02-23", "2027-04-06"]),
        (Repeat(weeks=1, weekday=1, count=2), TUESDAY, [TUESDAY, "2027-01-19"]),
        (
            Repeat(weeks=2, until=date(2027, 2, 9)),
            TUESDAY,
            [TUESDAY, "2027-01-26", "2027-02-09"],
        ),
        (
            Repeat(months=1, nth=2, weekday=1, count=3),
            TUESDAY,
            [TUESDAY, "2027-02-09", "2027-03-09"],
        ),
        (Repeat(months=1, nth=2, count=2), TUESDAY, [TUESDAY, "2027-02-09"]),
        (Repeat(months=1, weekday=1, count=2), TUESDAY, [TUESDAY, "2027-02-09"]),
        (
            Repeat(months=3, nth=-1, weekday=4, count=3),
            "2027-01-29",
            ["2027-01-29", "2027-04-30", "2027-07-30"],
        ),
        (Repeat(months=1, nth=4, count=2), "2027-02-26", ["2027-02-26", "2027-03-26"]),
        (Repeat(months=1, nth=-1, count=2), "2027-02-26", ["2027-02-26", "2027-03-26"]),
        (Repeat(months=1, count=3), TUESDAY, [TUESDAY, "2027-02-09", "2027-03-09"]),
        (Repeat(months=1, count=2), "2027-01-31", ["2027-01-31", "2027-02-28"]),
        (Repeat(weeks=1, count=1), "2028-02-29", ["2028-02-29"]),
    ],
)
def test_weeks_and_months_give_their_days(repeat: Repeat, first: str, expected: list[str]):
    assert days(rule_of(repeat, date.fromisoformat(first)), first) == expected


@pytest.mark.parametrize(
    ("repeat", "field"),
    [
        (Repeat(), "repeat"),
        (Repeat(weeks=1), "repeat"),
        (Repeat(weeks=1, months=1, count=2), "repeat"),
        (Repeat(weeks=1, count=2, until=date(2027, 3, 1)), "repeat"),
        (Repeat(weeks=0, count=2), "repeat"),
        (Repeat(weeks=1, count=61), "repeat.count"),
        (Repeat(weeks=1, until=date(2020, 1, 1)), "repeat.until"),
        (Repeat(weeks=1, until=date(2099, 1, 1)), "repeat.until"),
        (Repeat(months=1, nth=5, count=2), "repeat.nth"),
        (Repeat(weeks=1, nth=2, count=2), "repeat.nth"),
        (Repeat(weeks=1, weekday=2, count=2), "repeat.weekday"),
        (Repeat(months=1, nth=2, weekday=2, count=2), "repeat.weekday"),
        (Repeat(months=1, nth=3, weekday=1, count=2), "repeat.nth"),
        (Repeat(months=1, nth=-1, count=2), "repeat.nth"),
    ],
)
def test_weeks_or_months_that_do_not_agree_with_the_first_date_are_refused(
    repeat: Repeat, field: str
):
    with pytest.raises(Refused) as refused:
        times(rule_of(repeat, date.fromisoformat(TUESDAY)), when(TUESDAY))
    assert refused.value.field == field


def test_an_hour_that_is_there_twice_on_the_first_day_alone_goes_on_as_usual():
    first = When(date(2027, 10, 31), "01:15", "01:45", "Europe/London", "second")
    found = times(parse("FREQ=WEEKLY;COUNT=2"), first)
    assert [at.occurrence for at in found] == ["second", "first"]


# --- against a reading of RFC 5545 that looks at each day ---


def _all_days(rule: Rule, first: date, latest: date) -> list[date]:
    """Every day that a monthly or weekly rule gives, by its definition."""
    return [
        day
        for n in range((latest - first).days + 1)
        if _gives(rule, first, day := first + timedelta(days=n))
    ]


def _gives(rule: Rule, first: date, day: date) -> bool:
    if rule.freq == "WEEKLY":
        begins, other = (
            d - timedelta(days=(d.weekday() - rule.week_start) % 7) for d in (first, day)
        )
        apart = (other - begins).days // 7
    else:
        apart = (day.year - first.year) * 12 + day.month - first.month
    if apart % rule.interval:
        return False
    if not rule.weekdays:
        return day.weekday() == first.weekday() if rule.freq == "WEEKLY" else day.day == first.day
    return any(
        day.weekday() == on.day and on.nth in (None, (day.day - 1) // 7 + 1) for on in rule.weekdays
    )


@given(
    first=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    freq=st.sampled_from(["WEEKLY", "MONTHLY"]),
    interval=st.integers(1, 5),
    chosen=st.sets(st.integers(0, 6), max_size=3),
    nth=st.none() | st.integers(1, 4),
    week_start=st.integers(0, 6),
    weeks=st.integers(0, 40),
)
def test_the_days_are_those_of_the_definition(
    first: date,
    freq: str,
    interval: int,
    chosen: set[int],
    nth: int | None,
    week_start: int,
    weeks: int,
):
    on = tuple(Weekday(day, nth if freq == "MONTHLY" else None) for day in sorted(chosen))
    until = first + timedelta(weeks=weeks)
    rule = Rule(freq, interval, until=until, weekdays=on, week_start=week_start)
    expected = _all_days(rule, first, until)
    assume(first in expected)
    assume(len(expected) <= 60)
    assert [at.date for at in times(rule, when(first.isoformat()))] == expected


@given(
    freq=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    interval=st.integers(1, 1100),
    first=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    weekdays=st.lists(st.sampled_from(DAYS), max_size=2),
    month_days=st.lists(st.sampled_from([-31, -1, 1, 29, 30, 31]), max_size=2),
    months=st.lists(st.integers(1, 12), max_size=2),
    position=st.none() | st.sampled_from([-366, -5, -1, 1, 2, 5, 53, 366]),
)
def test_every_rule_is_answered_quickly_and_never_moves_the_first_session(
    freq: str,
    interval: int,
    first: date,
    weekdays: list[str],
    month_days: list[int],
    months: list[int],
    position: int | None,
):
    parts = {"BYDAY": weekdays, "BYMONTHDAY": month_days, "BYMONTH": months}
    said = "".join(f";{n}={','.join(str(v) for v in vs)}" for n, vs in parts.items() if vs)
    said += f";BYSETPOS={position}" if position is not None else ""
    began = time.monotonic()
    found: list[date] = []
    with contextlib.suppress(Refused):
        rule = parse(f"FREQ={freq};INTERVAL={interval};COUNT=3{said}")
        found = [at.date for at in times(rule, when(first.isoformat()))]
    assert found == sorted(set(found))
    assert found[:1] in ([], [first])
    assert time.monotonic() - began < 2


def test_an_instant_is_read_as_one():
    assert parse("FREQ=DAILY;UNTIL=20270112T100000Z").until == datetime(2027, 1, 12, 10, tzinfo=UTC)
