"""A session's life: each change a calendar must show raises its sequence once."""

from dataclasses import replace
from typing import Any

import pytest

from services.scheduling.domain import session as s
from services.scheduling.domain import session_decisions as d
from services.scheduling.events import SESSION
from tests.unit.scheduling.scenario import Given, meeting, when

PLANNED = (s.Scheduled(meeting()),)


def given(*more: Any) -> Given:
    return Given(SESSION, (*PLANNED, *more))


def test_a_session_is_planned_once():
    fresh = Given(SESSION, ())
    assert fresh.when(d.Schedule(meeting())) == [s.Scheduled(meeting(), 0)]
    fresh.refuses(d.Schedule(meeting()), unlawful=True)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "module"}, "cohort"),
        ({"kind": "webinar"}, "cohort"),
        ({"kind": "celebration"}, "cohort"),
        ({"communities": ()}, "communities"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": -5}, "capacity"),
        ({"capacity": 1_000_000}, "capacity"),
        ({"guests_each": 2}, "guests_each"),
        ({"when": when(end="09:00")}, "end"),
        ({"when": when("2027-03-28", "01:30", "03:00")}, "start"),
    ],
)
def test_what_cannot_be_planned_cannot_be_changed_to_either(fields: dict[str, Any], field: str):
    Given(SESSION, ()).refuses(d.Schedule(meeting(**fields)), field=field)
    given().refuses(d.Change(meeting(**fields)), field=field)


@pytest.mark.parametrize(
    ("fields", "changed", "sequence"),
    [
        ({"title": "Other"}, ("title",), 1),
        ({"place": "There"}, ("place",), 1),
        ({"modality": "online"}, ("modality",), 1),
        ({"access": "Ramp"}, ("access",), 1),
        ({"description": "More"}, ("description",), 1),
        ({"capacity": 9}, ("capacity",), 0),
        ({"topics": ("a",)}, ("topics",), 0),
        ({"communities": ("com_a", "com_b")}, ("communities",), 0),
        ({"title": "Other", "capacity": 9}, ("title", "capacity"), 1),
    ],
)
def test_a_change_raises_the_sequence_where_a_calendar_shows_it(
    fields: dict[str, Any], changed: tuple[str, ...], sequence: int
):
    after = meeting(**fields)
    assert given().when(d.Change(after, "why")) == [
        s.Changed(after, sequence, changed, reasoned=True)
    ]


def test_a_change_of_nothing_is_nothing():
    assert given().when(d.Change(meeting())) == []


def test_a_move_says_when_it_was():
    after = meeting(when=when("2027-03-17"))
    assert given().when(d.Change(after, "Snow")) == [
        s.Rescheduled(after, 1, when(), was_postponed=False, reasoned=True)
    ]


def test_time_and_place_together_raise_the_sequence_once():
    it = given()
    events = it.when(d.Change(meeting(when=when("2027-03-17"), place="There")))
    assert [type(e) for e in events] == [s.Changed, s.Rescheduled]
    assert {e.sequence for e in events} == {1}
    assert it.state.known == meeting(when=when("2027-03-17"), place="There")


def test_another_address_to_join_by_raises_the_sequence():
    [event] = given().when(d.Change(meeting(), join_address=True))
    assert (event.changed, event.sequence) == (("join_address",), 1)


def test_a_postponed_session_has_a_date_again():
    it = given()
    assert it.when(d.Postpone("Snow")) == [s.Postponed(meeting(), 1, reasoned=True)]
    assert it.when(d.Postpone("Snow")) == []
    [event] = it.when(d.Change(meeting(when=when("2027-04-01")), dated=True))
    assert (event.was_postponed, event.sequence, it.state.state) == (True, 2, "planned")


def test_a_postponed_session_may_get_its_old_date_again():
    it = given(s.Postponed(meeting(), 1))
    [event] = it.when(d.Change(meeting(), dated=True))
    assert (type(event), it.state.state) == (s.Rescheduled, "planned")


def test_a_postponed_sessions_place_may_change_without_a_date():
    it = given(s.Postponed(meeting(), 1))
    it.when(d.Change(meeting(place="There")))
    assert it.state.state == "postponed"


def test_cancelling_twice_is_the_same_as_once():
    it = given()
    assert len(it.when(d.Cancel("Flood"))) == 1
    assert it.when(d.Cancel("Flood")) == []
    assert (it.state.state, it.state.sequence, it.state.reasoned_at) == ("cancelled", 1, 1)


@pytest.mark.parametrize("command", [d.Change(meeting(place="x")), d.Postpone()])
def test_a_cancelled_session_is_reinstated_first(command: Any):
    it = given(s.Cancelled(meeting(), 1))
    assert "Reinstate" in it.refuses(command, unlawful=True)
    it.when(d.Reinstate())
    it.when(command)


@pytest.mark.parametrize("before", [s.Cancelled(meeting(), 1), s.Postponed(meeting(), 1)])
def test_a_reinstated_session_takes_place_on_the_day_that_it_had(before: Any):
    it = given(before)
    assert it.when(d.Reinstate("The sun shines")) == [s.Reinstated(meeting(), 2, reasoned=True)]
    assert it.state.state == "planned"


def test_only_what_is_off_is_reinstated():
    given().refuses(d.Reinstate(), unlawful=True)


@pytest.mark.parametrize(
    "command",
    [d.Change(meeting()), d.Postpone(), d.Cancel(), d.Reinstate(), d.AskForDecision("c", "faded")],
)
def test_nothing_can_be_done_with_what_is_not_there(command: Any):
    Given(SESSION, ()).refuses(command, unlawful=True)


def test_a_closed_community_leaves_a_question_until_it_is_answered():
    it = given()
    assert len(it.when(d.AskForDecision("com_a", "merged", ("com_b",)))) == 1
    assert it.when(d.AskForDecision("com_a", "merged", ("com_b",))) == []
    assert it.state.undecided == ("com_a",)
    it.when(d.Change(meeting(place="There")))
    assert it.state.undecided == ("com_a",)
    it.when(d.Change(replace(meeting(place="There"), communities=("com_b",))))
    assert it.state.undecided == ()


def test_a_community_that_is_open_again_settles_it():
    it = given()
    it.when(d.AskForDecision("com_a", "faded"))
    assert it.when(d.SettleDecision("com_a")) == [s.DecisionSettled(meeting(), "com_a")]
    assert it.when(d.SettleDecision("com_a")) == []
    assert it.state.undecided == ()


def test_cancelling_answers_the_question():
    it = given()
    it.when(d.AskForDecision("com_a", "faded"))
    it.when(d.Cancel())
    assert it.state.undecided == ()
    assert it.when(d.AskForDecision("com_a", "faded")) == []
