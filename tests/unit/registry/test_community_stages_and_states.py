"""Stages of development, and how alive a community is."""

from typing import Any

import pytest

from services.registry.domain.community import (
    STAGES,
    Closed,
    Described,
    Registered,
    Reopened,
    StageChanged,
    StateChanged,
)
from services.registry.domain.decisions import ChangeStage, ChangeState, Describe, NoteSuccession
from tests.unit.registry.scenario import given_community

PROPOSED = (Registered("A", "d", state="proposed"),)
ACTIVE = (Registered("A", "d"),)
DORMANT = (*ACTIVE, StateChanged("dormant"))
CLOSED = (*ACTIVE, Closed("faded"))
PASTS: dict[str, tuple[Any, ...]] = {"proposed": PROPOSED, "active": ACTIVE, "dormant": DORMANT}


@pytest.mark.parametrize("state", PASTS)
def test_the_pasts_of_these_tests_come_to_the_states_that_they_name(state: str):
    assert given_community(*PASTS[state]).state.state == state


@pytest.mark.parametrize(
    ("before", "after"), [("proposed", "active"), ("active", "dormant"), ("dormant", "active")]
)
def test_a_lawful_change_of_state_happens(before: str, after: str):
    state = given_community(*PASTS[before]).when(ChangeState(after)).then(StateChanged(after))
    assert state.state == after


@pytest.mark.parametrize(
    ("before", "after", "lawful"),
    [
        ("proposed", "dormant", "active"),
        ("active", "proposed", "dormant"),
        ("dormant", "proposed", "active"),
    ],
)
def test_another_change_of_state_is_refused_and_says_what_is_lawful(
    before: str, after: str, lawful: str
):
    given_community(*PASTS[before]).when(ChangeState(after)).then_refused(
        f"A community that is {before} can become {lawful}, not {after}.",
        field="state",
        unlawful=True,
    )


@pytest.mark.parametrize("state", PASTS)
def test_becoming_what_it_is_changes_nothing(state: str):
    given_community(*PASTS[state]).when(ChangeState(state)).then_nothing()


@pytest.mark.parametrize("state", PASTS)
def test_a_closed_community_changes_state_only_by_being_reopened(state: str):
    given_community(*CLOSED).when(ChangeState(state)).then_refused("Reopen it first", unlawful=True)


@pytest.mark.parametrize("past", PASTS)
@pytest.mark.parametrize("stage", STAGES)
def test_any_stage_may_follow_none(past: str, stage: str):
    state = given_community(*PASTS[past]).when(ChangeStage(stage)).then(StageChanged(stage))
    assert state.stage == stage


@pytest.mark.parametrize("before", STAGES)
@pytest.mark.parametrize("after", STAGES)
def test_any_stage_may_follow_any_other_and_the_same_one_is_no_news(before: str, after: str):
    outcome = given_community(*ACTIVE, StageChanged(before)).when(ChangeStage(after))
    outcome.then(*([] if before == after else [StageChanged(after)]))


@pytest.mark.parametrize("stage", STAGES)
def test_a_closed_community_has_no_new_stage(stage: str):
    given_community(*CLOSED).when(ChangeStage(stage)).then_refused("Reopen it first", unlawful=True)


@pytest.mark.parametrize(
    "command",
    [ChangeStage("maturing"), ChangeState("dormant"), NoteSuccession("com_x", "merged")],
    ids=lambda command: type(command).__name__,
)
def test_what_is_not_there_changes_in_no_way(command: Any):
    given_community().when(command).then_refused("There is no such community", unlawful=True)


def test_a_state_is_no_stage_of_development():
    state = given_community(*ACTIVE, StageChanged("maturing"), StateChanged("dormant")).state
    assert (state.stage, state.state) == ("maturing", "dormant")


@pytest.mark.parametrize("before", ["active", "dormant"])
def test_a_reopened_community_is_active_whatever_it_was(before: str):
    state = given_community(*PASTS[before], Closed("faded"), Reopened()).state
    assert state.state == "active"


def test_a_dormant_community_can_be_described():
    given_community(*DORMANT).when(Describe(Described(name="B"))).then(Described(name="B"))
