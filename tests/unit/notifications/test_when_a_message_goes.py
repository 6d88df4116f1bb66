"""Preferences: at once, in a digest, never; quiet hours; clock changes."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from services.notifications.domain.preferences import (
    AT_ONCE,
    DAILY,
    NONE,
    WEEKLY,
    Preferences,
    QuietHours,
    next_digest,
    route,
)

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NIGHT = QuietHours(time(21), time(7))


def routed(preferences=None, now=MONDAY, **more):
    asked = {"category": "community", "community": "com_1", "urgent": False, "must": False} | more
    return route(preferences or Preferences(), now=now, **asked)


def test_who_said_nothing_hears_at_once():
    assert routed() == (routed(Preferences(AT_ONCE)))
    assert routed().due == MONDAY


def test_none_is_none_even_where_it_is_urgent():
    assert routed(Preferences(NONE), urgent=True).due is None


def test_what_must_be_told_is_told_whatever_the_preference():
    stopped = Preferences(NONE, stopped=frozenset({("decision", "")}))
    assert routed(stopped, category="decision", must=True).due == MONDAY


def test_who_is_asked_by_name_hears_of_it_at_once_until_they_stop_it():
    asked = {"category": "request", "until_stopped": True}
    for choice in (AT_ONCE, DAILY, WEEKLY, NONE):
        assert routed(Preferences(choice, quiet=NIGHT), **asked).due == MONDAY
    stopped = Preferences(stopped=frozenset({("request", "")}))
    assert routed(stopped, **asked).reason == "unsubscribed"


def test_a_daily_digest_goes_at_the_next_such_hour():
    way = routed(Preferences(DAILY))
    assert (way.due, way.digest) == (datetime(2026, 3, 3, 7, tzinfo=UTC), True)


def test_a_weekly_digest_goes_on_the_next_such_day():
    way = routed(Preferences(WEEKLY, weekday="wednesday", hour=time(18)))
    assert way.due == datetime(2026, 3, 4, 18, tzinfo=UTC)


def test_urgent_goes_at_once_past_digests_and_quiet_hours():
    late = datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert routed(Preferences(WEEKLY, quiet=NIGHT), late, urgent=True).due == late


def test_the_choice_for_a_community_comes_before_the_general_one():
    preferences = Preferences(NONE, {"com_1": AT_ONCE})
    assert routed(preferences).due == MONDAY
    assert routed(preferences, community="com_2").due is None


def test_a_category_is_stopped_for_one_community_or_for_all():
    one = Preferences(stopped=frozenset({("community", "com_1")}))
    assert routed(one).reason == "unsubscribed"
    assert routed(one, community="com_2").due == MONDAY
    assert routed(one, category="nearby").due == MONDAY
    assert routed(Preferences(stopped=frozenset({("community", "")}))).due is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-02T20:59Z", "2026-03-02T20:59Z"),
        ("2026-03-02T21:00Z", "2026-03-03T07:00Z"),
        ("2026-03-03T03:00Z", "2026-03-03T07:00Z"),
        ("2026-03-03T07:00Z", "2026-03-03T07:00Z"),
    ],
)
def test_quiet_hours_delay_until_they_end(now, due):
    way = routed(Preferences(quiet=NIGHT), datetime.fromisoformat(now))
    assert way.due == datetime.fromisoformat(due)


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("hour", [time(1, 30), time(2, 15), time(7), time(0)])
def test_every_day_of_a_year_has_one_daily_digest(zone, hour):
    preferences = Preferences(DAILY, zone=zone, hour=hour)
    now, days = datetime(2026, 1, 1, tzinfo=UTC), []
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        now = next_digest(preferences, DAILY, now)
        days.append(now)
    gaps = {later - earlier for earlier, later in pairwise(days)}
    assert len(days) in (365, 366)
    assert gaps <= {timedelta(hours=h / 2) for h in range(45, 52)}


def test_a_weekly_digest_keeps_its_local_hour_over_a_clock_change():
    before = datetime(2026, 3, 23, 12, tzinfo=UTC)  # the clocks change on 29 March
    assert next_digest(Preferences(), WEEKLY, before) == datetime(2026, 3, 30, 6, tzinfo=UTC)
