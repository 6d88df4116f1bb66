"""Taking an import back: what nobody has changed since is as it was before."""

from datetime import date
from typing import Any

from services.registry.domain.community import (
    Closed,
    Community,
    Described,
    MembershipStarted,
    NetworkJoined,
    NetworkLeft,
    Registered,
    Reopened,
    evolve,
)
from services.registry.domain.decisions import Import, UndoImport
from tests.unit.registry.scenario import given_community

LISTED = Registered(
    "Breathe", "Breathing well", region="Wessex", source="list", external_id="1", run="run_1"
)


def community(*events: Any) -> Community:
    found = Community()
    for event in events:
        found = evolve(found, event)
    return found


def test_a_community_that_the_run_registered_is_closed_as_an_error():
    undo = UndoImport("run_1", None, community(LISTED))
    state = given_community(LISTED).when(undo).then(Closed("error", run="run_1"))
    assert state.taken_back


def test_one_that_a_person_has_described_since_stays():
    undo = UndoImport("run_1", None, community(LISTED))
    given_community(LISTED, Described(practice="We meet")).when(undo).then_nothing()


def test_one_that_has_been_claimed_since_stays():
    undo = UndoImport("run_1", None, community(LISTED))
    claimed = MembershipStarted("com_1", "rol_a", "per_a", "convener", date(2026, 1, 1))
    given_community(LISTED, claimed).when(undo).then_nothing()


def test_a_text_that_the_run_changed_is_as_it_was():
    changed = Described(domain="Asthma", run="run_2")
    undo = UndoImport("run_2", community(LISTED), community(LISTED, changed))
    restored = Described(domain="Breathing well", run="run_2")
    given_community(LISTED, changed).when(undo).then(restored)


def test_a_text_that_a_person_has_changed_since_stays():
    changed = Described(domain="Asthma", region="Kent", run="run_2")
    undo = UndoImport("run_2", community(LISTED), community(LISTED, changed))
    given = given_community(LISTED, changed, Described(domain="Lungs"))
    given.when(undo).then(Described(region="Wessex", run="run_2"))


def test_networks_that_the_run_changed_are_as_they_were():
    first = (LISTED, NetworkJoined("net_a", "run_1"))
    second = (NetworkJoined("net_b", "run_2"), NetworkLeft("net_a", "run_2"))
    undo = UndoImport("run_2", community(*first), community(*first, *second))
    given_community(*first, *second).when(undo).then(
        NetworkJoined("net_a", "run_2"), NetworkLeft("net_b", "run_2")
    )


def test_taking_the_same_run_back_again_does_nothing():
    changed = Described(domain="Asthma", run="run_2")
    undo = UndoImport("run_2", community(LISTED), community(LISTED, changed))
    restored = Described(domain="Breathing well", run="run_2")
    given_community(LISTED, changed, restored).when(undo).then_nothing()


def test_a_later_import_brings_back_what_was_taken_back():
    again = Registered(
        "Breathe", "Breathing better", region="Wessex", source="list", external_id="1", run="run_3"
    )
    given = given_community(LISTED, Closed("error", run="run_1"))
    state = given.when(Import(again)).then(
        Reopened(run="run_3"), Described(domain="Breathing better", run="run_3")
    )
    assert (state.state, state.taken_back) == ("active", False)


def test_an_import_leaves_one_alone_that_a_person_closed_as_an_error():
    again = Registered("Breathe", "Other", source="list", external_id="1", run="run_3")
    given_community(LISTED, Closed("error")).when(Import(again)).then_nothing()
