"""A list's record against what is known: new, changed, unchanged, touched by a person, closed."""

from dataclasses import replace
from typing import Any

import pytest

from services.registry.domain.community import (
    Closed,
    Described,
    NetworkJoined,
    NetworkLeft,
    Registered,
    Reopened,
    StageChanged,
)
from services.registry.domain.decisions import Import, kept
from tests.unit.registry.scenario import given_community

RECORD = Registered(
    name="Falls",
    domain="Keeping people on their feet",
    topics=("falls",),
    region="Wessex",
    networks=("net_a",),
    url="https://falls.example",
    external_id="7",
    source="list",
    run="run_1",
)
LATER: dict[str, Any] = {
    "name": "Falls and frailty",
    "domain": "Keeping people strong",
    "topics": ("falls", "frailty"),
    "region": "Dorset",
    "url": "https://falls.example/new",
}
EMPTIED: dict[str, Any] = {"name": "", "topics": (), "region": "", "url": None}
BY_HAND: dict[str, Any] = {
    "name": "Our name",
    "domain": "Our domain",
    "topics": ("ours",),
    "region": "Ours",
    "url": "https://ours.example",
}


def again(**changes: Any) -> Registered:
    """The record as a later run finds it in the list."""
    return replace(RECORD, run="run_2", **changes)


def test_a_new_record_is_registered_unclaimed_and_needs_no_convener():
    state = given_community().when(Import(RECORD)).then(RECORD)
    assert (state.unclaimed, state.needs_convener, state.touched) == (True, False, frozenset())


def test_the_same_record_again_changes_nothing():
    given_community(RECORD).when(Import(again())).then_nothing()


@pytest.mark.parametrize("field", LATER)
def test_a_field_that_the_list_changed_is_changed_and_says_by_which_run(field: str):
    state = (
        given_community(RECORD)
        .when(Import(again(**{field: LATER[field]})))
        .then(Described(**{field: LATER[field]}, run="run_2"))
    )
    assert state.touched == frozenset()


@pytest.mark.parametrize("field", EMPTIED)
def test_a_field_that_the_list_emptied_is_cleared(field: str):
    empty = EMPTIED[field] or type(getattr(RECORD, field))()
    given_community(RECORD).when(Import(again(**{field: EMPTIED[field]}))).then(
        Described(**{field: empty}, run="run_2")
    )


@pytest.mark.parametrize("field", EMPTIED)
def test_a_field_that_was_empty_and_is_empty_changes_nothing(field: str):
    first = replace(RECORD, **{field: EMPTIED[field]})
    given_community(first).when(Import(again(**{field: EMPTIED[field]}))).then_nothing()


def test_all_that_a_list_changed_is_one_event():
    given_community(RECORD).when(Import(again(**LATER))).then(Described(**LATER, run="run_2"))


@pytest.mark.parametrize("field", LATER)
def test_what_a_person_has_changed_since_is_not_overwritten(field: str):
    by_hand = Described(**{field: BY_HAND[field]})
    given_community(RECORD, by_hand).when(Import(again(**{field: LATER[field]}))).then_nothing()


@pytest.mark.parametrize("field", LATER)
def test_what_a_person_has_changed_is_told_as_kept_though_the_list_is_as_it_was(field: str):
    state = given_community(RECORD, Described(**{field: BY_HAND[field]})).state
    assert kept(state, again()) == [field]


@pytest.mark.parametrize("field", LATER)
def test_where_the_list_came_to_agree_with_the_person_nothing_is_kept(field: str):
    state = given_community(RECORD, Described(**{field: BY_HAND[field]})).state
    assert kept(state, again(**{field: BY_HAND[field]})) == []


@pytest.mark.parametrize("field", LATER)
def test_what_nobody_touched_still_follows_the_list(field: str):
    by_hand = {name: value for name, value in BY_HAND.items() if name != field}
    given_community(RECORD, Described(**by_hand)).when(Import(again(**LATER))).then(
        Described(**{field: LATER[field]}, run="run_2")
    )


def test_what_a_list_cannot_hold_may_be_changed_by_hand_without_keeping_anything():
    described = Described(practice="Walks", sectors=("housing",), organisation="org_a")
    state = given_community(RECORD, described).state
    assert kept(state, again()) == []
    assert state.practice == "Walks"


def test_an_import_leaves_alone_what_a_list_cannot_hold():
    past = (RECORD, Described(practice="Walks", learning_question="Why?"), StageChanged("maturing"))
    state = (
        given_community(*past)
        .when(Import(again(name="New")))
        .then(Described(name="New", run="run_2"))
    )
    assert (state.practice, state.learning_question, state.stage) == ("Walks", "Why?", "maturing")


@pytest.mark.parametrize(
    ("listed", "events"),
    [
        (("net_a",), []),
        (("net_b",), [NetworkJoined("net_b", "run_2"), NetworkLeft("net_a", "run_2")]),
        ((), [NetworkLeft("net_a", "run_2")]),
    ],
)
def test_a_network_follows_the_list(listed: tuple[str, ...], events: list[Any]):
    state = given_community(RECORD).when(Import(again(networks=listed))).then(*events)
    assert state.networks == listed


@pytest.mark.parametrize("touch", [NetworkJoined("net_c"), NetworkLeft("net_a")])
def test_networks_that_a_person_has_changed_stay_as_they_are(touch: Any):
    given = given_community(RECORD, touch)
    given.when(Import(again(networks=("net_z",)))).then_nothing()
    assert kept(given.state, again(networks=("net_z",))) == ["networks"]


@pytest.mark.parametrize("field", LATER)
def test_a_closed_community_is_left_as_it_ended(field: str):
    past = (RECORD, Closed("faded"))
    given_community(*past).when(Import(again(**{field: LATER[field]}))).then_nothing()


def test_a_reopened_community_follows_its_list_again():
    past = (RECORD, Closed("faded"), Reopened())
    given_community(*past).when(Import(again(name="New"))).then(Described(name="New", run="run_2"))


def test_nothing_is_kept_of_what_nobody_touched():
    assert kept(given_community(RECORD).state, again(**LATER)) == []


def test_all_that_is_kept_is_told_in_the_order_of_names():
    state = given_community(RECORD, Described(**BY_HAND), NetworkLeft("net_a")).state
    assert kept(state, again()) == ["domain", "name", "networks", "region", "topics", "url"]
