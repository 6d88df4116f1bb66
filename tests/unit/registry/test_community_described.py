"""Registering a community, and what it says of itself."""

from dataclasses import fields, replace
from typing import Any

import pytest

from services.registry.domain.community import (
    DESCRIPTION,
    Closed,
    Community,
    Described,
    NetworkJoined,
    NetworkLeft,
    Registered,
    evolve,
)
from services.registry.domain.decisions import Close, Describe, Register
from tests.unit.registry.scenario import given_community

FALLS = Registered(
    name="Falls in care homes",
    domain="Keeping people on their feet",
    topics=("falls", "frailty"),
    practice="Case conversations",
    learning_question="What helps?",
    sectors=("social care",),
    region="Wessex",
    networks=("net_a", "net_b"),
    organisation="org_a",
    stage="coalescing",
    url="https://falls.example",
    external_id="7",
)
OTHER_VALUES: dict[str, Any] = {
    "name": "Falls everywhere",
    "domain": "Keeping people on their feet at home",
    "topics": ("falls",),
    "practice": "Walks",
    "learning_question": "What hinders?",
    "sectors": ("social care", "housing"),
    "region": "Dorset",
    "organisation": "org_b",
    "url": "https://falls.example/new",
    "external_id": "8",
}
CLEARED: dict[str, Any] = {
    "topics": (),
    "practice": "",
    "learning_question": "",
    "sectors": (),
    "region": "",
    "organisation": "",
    "url": "",
    "external_id": "",
}
EMPTY = {"organisation": None, "url": None, "external_id": None}


def test_a_new_community_is_registered_as_it_was_described():
    state = given_community().when(Register(FALLS)).then(FALLS)
    known = {f.name: getattr(FALLS, f.name) for f in fields(Registered) if f.name != "run"}
    assert {name: getattr(state, name) for name in known} == known


def test_a_new_community_needs_a_convener_and_is_nobodys_list():
    state = given_community().when(Register(FALLS)).then(FALLS)
    assert (state.needs_convener, state.unclaimed) == (True, False)


def test_a_proposed_community_is_registered_as_proposed():
    proposed = replace(FALLS, state="proposed")
    assert given_community().when(Register(proposed)).then(proposed).state == "proposed"


def test_a_community_is_registered_only_once():
    given_community(FALLS).when(Register(FALLS)).then_refused("registered already", unlawful=True)


def test_every_described_field_is_tried_here():
    assert set(OTHER_VALUES) == set(DESCRIPTION)


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_describing_one_field_tells_only_that_field(field: str):
    change = Described(**{field: OTHER_VALUES[field]})
    state = given_community(FALLS).when(Describe(change)).then(change)
    before = given_community(FALLS).state
    assert state == replace(before, **{field: OTHER_VALUES[field]}, touched=frozenset({field}))


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_describing_a_field_as_it_is_changes_nothing(field: str):
    as_it_is = Described(**{field: getattr(FALLS, field)})
    given_community(FALLS).when(Describe(as_it_is)).then_nothing()


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_describing_everything_tells_only_the_field_that_differs(field: str):
    everything = {name: getattr(FALLS, name) for name in DESCRIPTION}
    wanted = Described(**(everything | {field: OTHER_VALUES[field]}))
    given_community(FALLS).when(Describe(wanted)).then(Described(**{field: OTHER_VALUES[field]}))


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_a_described_field_is_remembered_as_touched_by_a_person(field: str):
    state = given_community(FALLS, Described(**{field: OTHER_VALUES[field]})).state
    assert state.touched == {field}


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_a_field_that_an_import_described_is_not_touched_by_a_person(field: str):
    state = given_community(FALLS, Described(**{field: OTHER_VALUES[field]}, run="run_1")).state
    assert state.touched == frozenset()
    assert getattr(state, field) == OTHER_VALUES[field]


@pytest.mark.parametrize("field", CLEARED)
def test_an_empty_value_clears_a_field(field: str):
    change = Described(**{field: CLEARED[field]})
    state = given_community(FALLS).when(Describe(change)).then(change)
    assert getattr(state, field) == EMPTY.get(field, CLEARED[field])


@pytest.mark.parametrize("field", CLEARED)
def test_clearing_what_is_empty_changes_nothing(field: str):
    bare = Registered(name="Falls", domain="Feet")
    given_community(bare).when(Describe(Described(**{field: CLEARED[field]}))).then_nothing()


def test_several_fields_change_in_one_event():
    change = Described(name="Falls everywhere", region="Dorset")
    given_community(FALLS).when(Describe(change)).then(change)


def test_describing_nothing_changes_nothing():
    given_community(FALLS).when(Describe(Described())).then_nothing()


def test_the_order_of_topics_matters():
    turned = Described(topics=("frailty", "falls"))
    given_community(FALLS).when(Describe(turned)).then(turned)


@pytest.mark.parametrize(
    ("wanted", "events", "after"),
    [
        (("net_a", "net_b"), [], ("net_a", "net_b")),
        (("net_b", "net_a"), [], ("net_a", "net_b")),
        (("net_a",), [NetworkLeft("net_b")], ("net_a",)),
        ((), [NetworkLeft("net_a"), NetworkLeft("net_b")], ()),
        (("net_a", "net_b", "net_c"), [NetworkJoined("net_c")], ("net_a", "net_b", "net_c")),
        (("net_c", "net_b"), [NetworkJoined("net_c"), NetworkLeft("net_a")], ("net_b", "net_c")),
    ],
)
def test_networks_are_joined_and_left_one_event_each(
    wanted: tuple[str, ...], events: list[Any], after: tuple[str, ...]
):
    state = given_community(FALLS).when(Describe(Described(), wanted)).then(*events)
    assert state.networks == after
    assert state.touched == ({"networks"} if events else set())


def test_texts_and_networks_change_together():
    given_community(FALLS).when(Describe(Described(name="New"), ("net_a",))).then(
        Described(name="New"), NetworkLeft("net_b")
    )


def test_a_network_that_an_import_joined_is_not_touched_by_a_person():
    state = given_community(FALLS, NetworkJoined("net_c", "run_1"), NetworkLeft("net_a", "r")).state
    assert (state.networks, state.touched) == (("net_b", "net_c"), frozenset())


def test_a_community_that_is_not_there_cannot_be_described():
    given_community().when(Describe(Described(name="New"))).then_refused(
        "There is no such community", unlawful=True
    )


def test_a_closed_community_cannot_be_described():
    given_community(FALLS, Closed("faded")).when(Describe(Described(name="New"))).then_refused(
        "Reopen it first", unlawful=True
    )


def test_a_community_that_is_not_there_cannot_be_closed():
    given_community().when(Close("com_a", "faded", ())).then_refused(
        "There is no such community", unlawful=True
    )


def test_evolving_never_changes_the_state_before():
    before = evolve(Community(), FALLS)
    kept = replace(before)
    evolve(before, Described(name="Other"))
    assert before == kept
