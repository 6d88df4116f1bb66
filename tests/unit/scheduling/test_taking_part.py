"""Replies, attendance, what is still owed, rhythm, series and clashes."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.scheduling.domain import attendance as at
from services.scheduling.domain import cohort as c
from services.scheduling.domain.calendar import LinkRenewed, RenewLink
from services.scheduling.domain.clashes import Other, Wanted, clashes, free_slots
from services.scheduling.domain.commitment import Held, record
from services.scheduling.domain.programme import TEMPLATES
from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.rhythm import changed, rhythm
from services.scheduling.domain.wall_clock import end_of_day
from services.scheduling.events import ATTENDANCE, CALENDAR, COHORT
from tests.unit.scheduling.scenario import Given, when

ABOUT = at.About("ses_a", "module", "One", when())
RULES = TEMPLATES["cop-leadership"].rules
TODAY = date(2027, 6, 1)


def reply(person: str, said: str = "yes", capacity: int | None = None) -> at.Reply:
    return at.Reply(ABOUT, person, said, capacity)


def test_yes_beyond_the_capacity_waits_and_a_no_lets_the_first_in():
    it = Given(ATTENDANCE, ())
    for person in ("a", "b", "c"):
        it.when(reply(person, capacity=1))
    assert (it.state.coming, it.state.waiting) == (("a",), ("b", "c"))
    events = it.when(reply("a", "no", capacity=1))
    assert events == [at.Replied(ABOUT, "a", "no"), at.PlaceGiven(ABOUT, "b")]
    assert (it.state.coming, it.state.waiting) == (("b",), ("c",))


@pytest.mark.parametrize("said", at.REPLIES)
def test_the_same_reply_again_is_nothing(said: str):
    it = Given(ATTENDANCE, ())
    assert len(it.when(reply("a", said))) == 1
    assert it.when(reply("a", said)) == []


def test_who_leaves_the_waiting_list_is_not_let_in():
    it = Given(ATTENDANCE, ())
    for person in ("a", "b", "c"):
        it.when(reply(person, capacity=1))
    it.when(reply("b", "maybe", capacity=1))
    it.when(reply("a", "no", capacity=1))
    assert it.state.coming == ("c",)


@pytest.mark.parametrize(("capacity", "coming"), [(1, 1), (2, 2), (3, 3), (None, 4)])
def test_more_room_lets_more_in(capacity: int | None, coming: int):
    it = Given(ATTENDANCE, ())
    for person in "abcd":
        it.when(reply(person, capacity=1))
    it.when(at.GivePlaces(ABOUT, capacity))
    assert len(it.state.coming) == coming


def test_a_correction_says_what_it_was():
    it = Given(ATTENDANCE, ())
    assert it.when(at.Record(ABOUT, "a", "absent")) == [at.Recorded(ABOUT, "a", "absent")]
    assert it.when(at.Record(ABOUT, "a", "absent")) == []
    assert it.when(at.Record(ABOUT, "a", "attended")) == [
        at.Recorded(ABOUT, "a", "attended", "absent")
    ]


def test_an_erased_persons_place_is_given_on_and_their_attendance_counts():
    it = Given(ATTENDANCE, ())
    it.when(reply("a", capacity=1))
    it.when(reply("b", capacity=1))
    it.when(at.Record(ABOUT, "a", "attended"))
    it.when(at.ForgetPerson(ABOUT, "a", 1))
    assert it.state.coming == ("b",)
    assert it.state.status("a") == "attended"


def test_each_participant_invites_so_many_guests():
    it = Given(ATTENDANCE, ())
    assert len(it.when(at.InviteGuest(ABOUT, "g1", "a", 1))) == 1
    assert it.when(at.InviteGuest(ABOUT, "g1", "a", 1)) == []
    it.refuses(at.InviteGuest(ABOUT, "g2", "a", 1), unlawful=True)
    assert len(it.when(at.InviteGuest(ABOUT, "g2", "b", 1))) == 1
    it.refuses(at.InviteGuest(ABOUT, "c", "c", 1), field="email")
    it.refuses(at.InviteGuest(ABOUT, "d", "c", 1, takes_part=True), field="email")
    assert it.when(at.InviteGuest(ABOUT, "g2", "b", 1, takes_part=True)) == []


def test_roles_are_held_and_given_up():
    it = Given(ATTENDANCE, ())
    assert len(it.when(at.AssignRole(ABOUT, "a", "speaker"))) == 1
    assert it.when(at.AssignRole(ABOUT, "a", "speaker")) == []
    it.when(at.RemoveRole(ABOUT, "a", "speaker"))
    it.refuses(at.RemoveRole(ABOUT, "a", "speaker"), unlawful=True)


def test_a_calendars_address_is_made_anew():
    it = Given(CALENDAR, ())
    assert it.when(RenewLink("a")) == [LinkRenewed("a", 1)]
    assert it.when(RenewLink("a", only_first=True)) == []
    assert it.when(RenewLink("a")) == [LinkRenewed("a", 2)]


# --- what is owed ---


def held(kind: str, number: int | None = None, **more: Any) -> Held:
    known = {
        "id": f"{kind}-{number}",
        "kind": kind,
        "number": number,
        "title": kind,
        "date": date(2027, 1, 10),
        "modality": "in-person",
        "state": "planned",
        "status": "attended",
    }
    return Held(**(known | more))


WHOLE = [
    *(held("module", n) for n in range(1, 6)),
    *(held("webinar", n, modality="online") for n in range(1, 6)),
    held("celebration"),
    *(held("community-meeting", id=f"m{n}") for n in range(3)),
]


def test_a_whole_year_is_ten_days_and_complete():
    found = record(RULES, WHOLE, TODAY)
    assert (found.days, found.complete, found.missing) == (10.0, True, ())


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        (0, ["1 module", "1 of 10 days"]),
        (5, ["1 webinar", "0.2 of 10 days"]),
        (10, ["1 celebration event", "1 of 10 days"]),
        (11, ["1 meeting of your own community", "1 of 10 days"]),
    ],
)
def test_what_is_missing_is_named(left_out: int, missing: list[str]):
    sessions = [h for n, h in enumerate(WHOLE) if n != left_out]
    assert list(record(RULES, sessions, TODAY).missing) == missing


@pytest.mark.parametrize("status", ["apologies", "absent", None])
def test_only_attending_counts(status: str | None):
    found = record(RULES, [replace(h, status=status) for h in WHOLE], TODAY)
    assert found.days == 0
    assert found.modules.done == 0


def test_what_is_ahead_and_would_fill_it_is_listed():
    ahead = held("module", 5, date=date(2027, 7, 1), status=None)
    found = record(RULES, [*WHOLE[:4], *WHOLE[5:], ahead], TODAY)
    assert found.to_come == ("module-5",)
    assert record(RULES, [*WHOLE, replace(ahead, id="x")], TODAY).to_come == ()


@pytest.mark.parametrize(
    ("meeting", "count"),
    [
        (held("community-meeting"), 1),
        (held("community-meeting", modality="hybrid"), 1),
        (held("community-meeting", modality="online"), 0),
        (held("community-meeting", state="cancelled"), 0),
    ],
)
def test_meetings_of_ones_own_community_count_face_to_face(meeting: Held, count: int):
    assert record(RULES, [meeting], TODAY).community_meetings.done == count


# --- rhythm ---


def meetings(*gaps: int, last: date = TODAY) -> list[date]:
    """Days that end with `last`, so many days apart."""
    days = [last]
    for gap in reversed(gaps):
        days.append(days[-1] - timedelta(days=gap))
    return days


@pytest.mark.parametrize(
    ("days", "since", "standing"),
    [
        (meetings(), 0, "not-known-yet"),
        (meetings(42), 400, "not-known-yet"),
        (meetings(42, 42), 10, "as-usual"),
        (meetings(42, 42), 62, "as-usual"),
        (meetings(42, 42), 64, "quieter-than-usual"),
        (meetings(42, 42), 125, "quieter-than-usual"),
        (meetings(42, 42), 126, "quiet"),
        (meetings(42, 200, 42, 42), 62, "as-usual"),
        (meetings(7, 7, 7, 7), 12, "quieter-than-usual"),
        (meetings(180, 180), 250, "as-usual"),
    ],
)
def test_a_standing_is_against_the_communitys_own_rhythm(
    days: list[date], since: int, standing: str
):
    assert rhythm(days, TODAY + timedelta(days=since)).standing == standing


@pytest.mark.parametrize(
    ("ahead", "since", "standing"),
    [(20, 100, "as-usual"), (50, 100, "quieter-than-usual"), (20, 200, "quieter-than-usual")],
)
def test_a_meeting_planned_soon_makes_up_for_silence(ahead: int, since: int, standing: str):
    today = TODAY + timedelta(days=since)
    found = rhythm([*meetings(42, 42), today + timedelta(days=ahead)], today)
    assert (found.standing, found.next) == (standing, today + timedelta(days=ahead))


def test_one_odd_gap_does_not_move_the_usual_one():
    assert rhythm(meetings(42, 300, 42, 42, 42), TODAY).usual_gap == 42


def test_a_standing_is_told_when_it_changes():
    now = rhythm(meetings(42, 42), TODAY)
    assert changed("as-usual", now) == []
    [event] = changed("quiet", now)
    assert (event.before, event.standing, event.usual_gap) == ("quiet", "as-usual", 42)


# --- clashes ---


def test_each_overlap_is_a_warning_that_says_what_is_in_common():
    others = [
        Other("ses_1", "Falls", when(start="11:00", end="13:00"), "the same cohort"),
        Other("ses_2", "Sleep", when(start="12:00", end="13:00"), "a linked community"),
    ]
    [warning] = clashes(when(), others, "ses_0")
    assert (warning.code, warning.session) == ("clash", "ses_0")
    assert "Falls" in warning.detail
    assert "the same cohort" in warning.detail


def test_the_first_free_slot_of_each_working_day():
    wanted = Wanted(60, "09:00", "12:00", "Europe/London")
    days = [date(2027, 3, 12) + timedelta(days=n) for n in range(5)]
    busy = [when("2027-03-12", "09:00", "10:15"), when("2027-03-15", "08:00", "17:00")]
    found = free_slots(wanted, days, busy, [date(2027, 3, 16)], 10)
    assert [(s.date.isoformat(), s.start, s.end) for s in found] == [
        ("2027-03-12", "10:30", "11:30")
    ]


# --- cohorts ---

MADE = (c.Created("pgm_a", "P", "Wessex", "Europe/London", 10, date(2027, 1, 10)),)
BEFORE, AFTER = (end_of_day(date(2027, 1, 10), "Europe/London") + timedelta(s) for s in (-1, 1))


@pytest.mark.parametrize(
    ("events", "command", "lawful"),
    [
        ((), c.Open(BEFORE), True),
        ((), c.Open(AFTER), False),
        ((), c.Close(), False),
        ((c.Opened("W", "UTC", 1),), c.Close(), True),
        ((c.Opened("W", "UTC", 1),), c.Open(BEFORE), False),
        ((c.Opened("W", "UTC", 1), c.Closed("W")), c.Open(BEFORE), True),
        ((c.Opened("W", "UTC", 1), c.Closed("W")), c.Decide(), True),
        ((c.Decided("W"),), c.Open(BEFORE), False),
        ((c.Decided("W"), c.Started("W")), c.Close(), False),
        ((c.Finished("W"),), c.Decide(), False),
    ],
)
def test_transitions_are_lawful_or_refused(events: Any, command: Any, lawful: bool):
    it = Given(COHORT, (*MADE, *events))
    if lawful:
        assert len(it.when(command)) == 1
        return
    with pytest.raises(Refused) as refused:
        COHORT.decide(it.state, command)
    assert refused.value.unlawful


def test_time_closes_begins_and_finishes_a_cohort():
    it = Given(COHORT, (*MADE, c.Opened("Wessex", "Europe/London", 10)))
    first, last = date(2027, 3, 1), date(2027, 12, 1)
    assert it.when(c.PassTime(BEFORE, BEFORE.date(), first, last)) == []
    assert it.when(c.PassTime(AFTER, AFTER.date(), first, last)) == [c.Closed("Wessex")]
    it.when(c.Decide())
    assert it.when(c.PassTime(AFTER, first, first, last)) == [c.Started("Wessex")]
    assert it.when(c.PassTime(AFTER, last, first, last)) == []
    end = last + timedelta(days=1)
    assert it.when(c.PassTime(AFTER, end, first, last)) == [c.Finished("Wessex")]
    assert it.when(c.PassTime(AFTER, end, first, last)) == []


def test_a_cohort_that_decides_early_stays_open_until_it_closes():
    it = Given(COHORT, (*MADE, c.Opened("Wessex", "Europe/London", 10)))
    it.when(c.Decide())
    assert it.state.state == "open"
    it.when(c.Close())
    assert it.state.state == "decided"


def test_places_never_fall_below_those_that_are_taken():
    it = Given(COHORT, MADE)
    it.refuses(c.Change(c.Changed(places=3), taken=4), field="places", unlawful=True)
    assert it.when(c.Change(c.Changed(places=4), taken=4)) == [c.Changed(places=4)]
    assert it.when(c.Change(c.Changed(places=4), taken=4)) == []
