"""VTIMEZONE by rule, against the machine's own zones: around every clock change, near and far."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.scheduling.calendars.feed import Feed, calendar
from services.scheduling.calendars.timezones import has_rule, vtimezone
from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.session import MEETING, Particulars, Session
from services.scheduling.domain.wall_clock import When, check
from services.scheduling.queries import Found
from tests.calendar_parsers import by_ical_js, by_icalendar

NOW = "2026-01-01T00:00:00.000000Z"
YEARS = (2019, 2020, 2026, 2027, 2037, 2038, 2039, 2055)
ZONES = (
    *("Europe/London", "Europe/Dublin", "Europe/Paris", "Europe/Lisbon", "Atlantic/Azores"),
    *("America/New_York", "America/Sao_Paulo", "America/St_Johns", "America/Santiago"),
    *("Africa/Cairo", "Africa/Casablanca", "Asia/Kolkata", "Asia/Tehran", "Asia/Gaza"),
    *("Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "UTC"),
)


def changes(zone: str, year: int) -> list[date]:
    """The days of a year on which the clock changes."""
    here = ZoneInfo(zone)
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    offsets = [noon.astimezone(here).utcoffset() for noon in noons]
    return [noons[n].date() for n in range(1, 366) if offsets[n] != offsets[n - 1]]


def stretches(zone: str) -> list[When]:
    """From one to another hour, around each change and in the middle of the seasons."""
    days = {date(year, month, 15) for year in YEARS for month in (1, 7)}
    for year in YEARS:
        for day in changes(zone, year):
            days |= {day + timedelta(days=n) for n in (-1, 0, 1)}
    found = []
    for day in sorted(days):
        for start, end in (("00:15", "04:45"), ("10:00", "12:00")):
            when = When(day, start, end, zone)
            try:
                check(when)
            except Refused:
                continue
            found.append(when)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_both_parsers_see_the_instants_that_the_zone_has(zone: str):
    held = stretches(zone)
    sessions = [
        Found(f"ses_{n}", 1, NOW, NOW, Session(Particulars(MEETING, "x", when)))
        for n, when in enumerate(held)
    ]
    body = calendar(Feed("n", "d", sessions))
    expected = [
        (f"{w.begins():%Y-%m-%dT%H:%M:%SZ}", f"{w.ends():%Y-%m-%dT%H:%M:%SZ}") for w in held
    ]
    for parse in (by_icalendar, by_ical_js):
        seen = [(event["start"], event["end"]) for event in parse(body)["events"]]
        assert seen == expected, parse.__name__


@pytest.mark.parametrize(
    ("zone", "ruled"),
    [
        *(("Europe/London", True), ("America/New_York", True), ("Asia/Kolkata", True)),
        *(("UTC", True), ("Africa/Casablanca", False), ("Africa/El_Aaiun", False)),
    ],
)
def test_a_zone_that_follows_the_moon_has_no_rule(zone: str, ruled: bool):
    assert has_rule(zone) is ruled


def test_londons_rule_is_short():
    lines = vtimezone("Europe/London", 2026)
    assert "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU" in lines
    assert len("\r\n".join(lines)) < 500
