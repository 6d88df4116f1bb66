"""Reminders: when they are due, who gets them, what a moved session leaves, and never twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from services.notifications import preferences, reminding
from services.notifications.domain.preferences import NONE, WEEKLY, Preferences
from services.notifications.domain.reminders import planned
from services.notifications.reminding import remind
from tests.notifications import ADA, BEA, NOW, Notifications

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def session(**more):
    when = {"date": "2026-04-01", "start": "10:00", "end": "16:30", "zone": "Europe/London"}
    return {"kind": "community-meeting", "modality": "in-person", "when": when} | more


def due(**more) -> dict[str, datetime]:
    return {r.rule: r.due for r in planned(session(**more), LONG_AGO, LONG_AGO)}


def test_any_session_is_reminded_of_a_week_and_a_day_before_at_its_local_hour():
    # The clocks change on 29 March: ten in the morning is nine in UTC from then on.
    assert due() == {"1-week": at("2026-03-25T10:00"), "1-day": at("2026-03-31T09:00")}


def test_a_module_four_weeks_before_too_and_an_online_session_an_hour_before():
    assert due(kind="module")["4-weeks"] == at("2026-03-04T10:00")
    assert due(modality="online")["1-hour"] == at("2026-04-01T08:00")


@pytest.fixture
def met(notifications: Notifications) -> Notifications:
    """A meeting on 20 March, of a community with a convener and a member."""
    notifications.landscape()
    notifications.session()
    notifications.react()
    return notifications


def told(met: Notifications) -> list:
    return [row for row in met.ledger() if row[1] == "session-reminder"]


def rows(met: Notifications) -> list:
    return met.rows("SELECT rule, substr(starts, 1, 10), state FROM reminders ORDER BY 2, 1")


def test_one_pass_queues_what_is_due_and_the_next_nothing(met: Notifications):
    a_week_before = at("2026-03-13T10:00")
    assert remind(met.service, a_week_before - timedelta(minutes=1)) == (0, 0, 0)
    assert remind(met.service, a_week_before) == (2, 1, 0)
    assert remind(met.service, a_week_before) == (0, 0, 0)
    assert [row[0] for row in told(met)] == [ADA, BEA]


def test_who_said_no_is_not_reminded(met: Notifications):
    met.replied(BEA, "no")
    remind(met.service, at("2026-03-13T10:00"))
    assert [row[0] for row in told(met)] == [ADA]


def test_whose_apologies_were_recorded_ahead_is_not_reminded(met: Notifications):
    met.recorded(BEA, "apologies")
    remind(met.service, at("2026-03-13T10:00"))
    assert [row[0] for row in told(met)] == [ADA]


@pytest.mark.parametrize("mend", ["a reply", "a corrected record"])
def test_who_comes_after_all_is_reminded(met: Notifications, mend: str):
    met.recorded(BEA, "apologies")
    if mend == "a reply":
        met.replied(BEA, "yes")
    else:
        met.recorded(BEA, "absent")
    remind(met.service, at("2026-03-13T10:00"))
    assert [row[0] for row in told(met)] == [ADA, BEA]


def test_a_reminder_that_is_too_late_is_missed_with_the_reason(met: Notifications):
    late = at("2026-03-13T10:00") + timedelta(days=1, minutes=1)
    assert remind(met.service, late) == (0, 0, 1)
    assert {row[2] for row in told(met)} == {"missed"}
    assert "late by 24.0 hours" in told(met)[0][3]


def test_late_within_its_window_it_is_still_sent(met: Notifications):
    assert remind(met.service, at("2026-03-14T09:59")).told == 1


def test_a_session_that_moves_voids_the_old_and_makes_new_ones(met: Notifications):
    before = {"date": "2026-03-20", "start": "10:00", "end": "11:30", "zone": "Europe/London"}
    met.session("rescheduled", date="2026-04-20", before=before)
    met.react()
    assert rows(met) == [
        ("1-day", "2026-03-20", "void"),
        ("1-week", "2026-03-20", "void"),
        ("1-day", "2026-04-20", "planned"),
        ("1-week", "2026-04-20", "planned"),
    ]
    assert remind(met.service, at("2026-03-13T10:00")) == (0, 0, 0)
    assert remind(met.service, at("2026-04-13T09:00")).queued == 2


def test_one_that_is_cancelled_reminds_nobody_and_one_reinstated_does(met: Notifications):
    met.session("cancelled", reason="Snow")
    met.react()
    assert remind(met.service, at("2026-03-13T10:00")) == (0, 0, 0)
    met.session("reinstated")
    met.react()
    assert remind(met.service, at("2026-03-13T10:00")).queued == 2


def test_one_planned_at_short_notice_is_not_reminded_of_for_the_past(met: Notifications):
    met.session(stream="ses_soon", date="2026-03-05")
    met.react()
    found = met.rows("SELECT rule, state FROM reminders WHERE session = 'ses_soon' ORDER BY 1")
    assert found == [("1-day", "planned"), ("1-week", "void")]


def test_a_first_start_on_an_old_platform_reminds_nobody_of_the_past(notifications: Notifications):
    notifications.landscape()
    year_ago = NOW - timedelta(days=365)
    notifications.session(date="2025-06-20", at=year_ago)
    notifications.react()
    assert {row[2] for row in rows(notifications)} == {"missed"}
    assert remind(notifications.service, NOW) == (0, 0, 0)
    assert notifications.ledger("status, reason") == [("missed", "history")] * 2


def test_a_digest_that_would_come_too_late_is_not_waited_for(met: Notifications):
    with met.service.database.write() as connection:
        preferences.put(connection, ADA, Preferences(WEEKLY, weekday="sunday"), NOW)
        preferences.put(connection, BEA, Preferences(NONE), NOW)
    remind(met.service, at("2026-03-19T10:00"))
    last = met.ledger("person, status, digest, planned_for")
    assert (ADA, "queued", 0, "2026-03-19T10:00:00.000000Z") in last
    assert (BEA, "suppressed", 0, "2026-03-19T10:00:00.000000Z") in last


def test_two_workers_at_once_remind_once(met: Notifications):
    start = threading.Barrier(4)

    def work(_: int) -> int:
        start.wait(20)
        return remind(met.service, at("2026-03-13T10:00")).queued

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 2
    assert len(told(met)) == 2


def test_planning_again_changes_nothing(met: Notifications):
    before = rows(met)
    event = met.event("scheduling.session.changed", "ses_spring")
    with met.service.database.write() as connection:
        reminding.plan(connection, event, None, NOW)  # type: ignore[arg-type]
    assert rows(met) == before
