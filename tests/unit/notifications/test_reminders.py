"""Reminders: when they are due, who gets them, what a moved session leaves, and never twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta

import pytest

from services.notifications import forming, preferences, reminding
from services.notifications.domain.preferences import (
    DAILY,
    NONE,
    WEEKLY,
    Preferences,
    QuietHours,
)
from services.notifications.domain.reminders import planned, said_ahead
from services.notifications.reminding import remind
from shared.clock import Clock
from tests.notifications import ADA, BEA, CLEO, NOW, Notifications

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


def test_who_takes_part_no_longer_hears_nothing_of_a_cohorts_session_whatever_they_replied(
    met: Notifications,
):
    met.session(cohort="coh_1", kind="webinar", communities=[], change="changed", changed=["x"])
    about = {"cohort": "coh_1", "cohort_name": "Wessex", "person": CLEO}
    kind = "scheduling.application."
    for change in ("accepted", "withdrawn"):
        met.hear(met.event(kind + change, "app_1", about=about), source="scheduling")
        met.replied(CLEO, "yes")
    accepted = met.event(kind + "accepted", "app_2", about=about | {"person": BEA})
    met.hear(accepted, source="scheduling")
    remind(met.service, at("2026-03-13T10:00"))
    assert [row[0] for row in told(met)] == [BEA]


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


def prefers(met: Notifications, who: str, wanted: Preferences) -> None:
    with met.service.database.write() as connection:
        preferences.put(connection, who, wanted, NOW)


WEEK_BEFORE, DAY_BEFORE = at("2026-03-13T10:00"), at("2026-03-19T10:00")  # a Friday, a Thursday
ALL_DAY = QuietHours(time(0), time(23, 59))


@pytest.mark.parametrize(
    ("wanted", "reminded_at", "goes", "digest"),
    [
        (Preferences(DAILY), WEEK_BEFORE, "2026-03-14T07:00", 1),
        (Preferences(DAILY), DAY_BEFORE, "2026-03-19T10:00", 0),
        (Preferences(WEEKLY, weekday="saturday"), WEEK_BEFORE, "2026-03-14T07:00", 1),
        (Preferences(WEEKLY, weekday="monday"), WEEK_BEFORE, "2026-03-13T10:00", 0),
        (Preferences(quiet=QuietHours(time(9), time(11))), DAY_BEFORE, "2026-03-19T11:00", 0),
        (Preferences(quiet=ALL_DAY), DAY_BEFORE, "2026-03-19T10:00", 0),
        (
            Preferences(DAILY, quiet=QuietHours(time(9), time(11))),
            DAY_BEFORE,
            "2026-03-19T11:00",
            0,
        ),
    ],
    ids=[
        *("daily within a day", "daily too late", "weekly within a day", "weekly too late"),
        *("quiet for an hour", "quiet for too long", "daily too late, quiet for an hour"),
    ],
)
def test_a_reminder_waits_for_a_digest_or_quiet_hours_only_within_its_window(
    met: Notifications, wanted: Preferences, reminded_at: datetime, goes: str, digest: int
):
    prefers(met, ADA, wanted)
    remind(met.service, reminded_at)
    found = met.ledger("person, rule, planned_for, digest")
    assert (ADA, "session-reminder", f"{goes}:00.000000Z", digest) in found


def test_who_wants_none_is_not_reminded(met: Notifications):
    prefers(met, BEA, Preferences(NONE))
    remind(met.service, DAY_BEFORE)
    assert (BEA, "session-reminder", "suppressed", "preference: none") in told(met)


@pytest.fixture
def waiting(met: Notifications, monkeypatch: pytest.MonkeyPatch) -> Notifications:
    """Ada's reminder of a week waits for tomorrow's digest, Bea's for a mail server."""
    prefers(met, ADA, Preferences(DAILY))
    remind(met.service, WEEK_BEFORE)
    form(met, WEEK_BEFORE, monkeypatch)
    return met


def form(met: Notifications, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender looks at what is due, and again at what it could not send before."""
    monkeypatch.setattr(Clock, "now", lambda _: now)
    forming.form(met.service, now)
    forming.think_again(met.service, [ADA, BEA], now)


def test_what_waits_beyond_its_window_is_missed(
    waiting: Notifications, monkeypatch: pytest.MonkeyPatch
):
    form(waiting, WEEK_BEFORE + timedelta(hours=23), monkeypatch)
    assert [row[2] for row in told(waiting)] == ["queued", "queued"]
    form(waiting, WEEK_BEFORE + timedelta(days=1, minutes=1), monkeypatch)
    late = "late by 24.0 hours: nothing could send it in time"
    assert [row[2:] for row in told(waiting)] == [("missed", late)] * 2
    assert waiting.rows("SELECT * FROM letters WHERE kind = 'digest'") == []


@pytest.mark.parametrize("change", ["cancelled", "rescheduled"])
def test_what_waits_is_not_sent_when_the_session_is_no_longer_then(
    waiting: Notifications, monkeypatch: pytest.MonkeyPatch, change: str
):
    waiting.session(change, date="2026-03-21" if change == "rescheduled" else "2026-03-20")
    form(waiting, at("2026-03-14T07:00"), monkeypatch)
    reason = "the session moved or does not take place"
    assert [row[2:] for row in told(waiting)] == [("suppressed", reason)] * 2


def test_what_waits_is_not_sent_to_who_has_said_no_since(
    waiting: Notifications, monkeypatch: pytest.MonkeyPatch
):
    waiting.replied(ADA, "no")
    form(waiting, at("2026-03-14T07:00"), monkeypatch)
    assert [row[2:] for row in told(waiting)] == [
        ("suppressed", "the person does not come"),
        ("queued", ""),
    ]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-03-04T10:00", "is on Wednesday 1 April, in four weeks"),
        ("2026-03-25T10:00", "is on Wednesday 1 April, in a week"),
        ("2026-03-25T23:59", "is on Wednesday 1 April, in a week"),
        ("2026-03-29T23:30", "is on Wednesday 1 April, in 2 days"),  # already the 30th in London
        ("2026-03-31T09:00", "is tomorrow"),
        ("2026-04-01T07:00", "is today at 10:00"),
        ("2026-04-01T08:00", "is in an hour"),
        ("2026-04-01T08:30", "is in 30 minutes"),
        ("2026-04-01T08:59", "is in 1 minute"),
        ("2026-04-01T09:00", "has begun"),
    ],
)
def test_how_far_off_it_is_is_said_by_the_days_of_its_own_zone(now: str, words: str):
    assert said_ahead(session()["when"], at(now)).told == words


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
