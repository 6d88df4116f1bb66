"""How a community ends, where it goes on, and how it comes back."""

from datetime import date
from typing import Any

import pytest

from services.registry.domain.community import (
    ENDINGS,
    Closed,
    ConvenerFound,
    ConvenerNeeded,
    MembershipEnded,
    MembershipStarted,
    Registered,
    Reopened,
    StageChanged,
    StateChanged,
    SuccessionNoted,
    SuccessionWithdrawn,
)
from services.registry.domain.decisions import Close, NoteSuccession, Reopen, WithdrawSuccession
from tests.unit.registry.scenario import given_community

TODAY = date(2026, 3, 1)
ACTIVE = (Registered("A", "d"),)
IMPORTED = (Registered("A", "d", source="list"),)
CONVENED = (
    *ACTIVE,
    MembershipStarted("com_1", "rol_1", "per_1", "convener", date(2026, 1, 1)),
    ConvenerFound(),
)
ME, ONE, TWO = "com_me", "com_one", "com_two"
PASTS: dict[str, tuple[Any, ...]] = {
    "proposed": (Registered("A", "d", state="proposed"),),
    "active": ACTIVE,
    "dormant": (*ACTIVE, StateChanged("dormant")),
    "imported": IMPORTED,
    "convened": CONVENED,
    "reopened": (*ACTIVE, Closed("faded"), Reopened()),
}


@pytest.mark.parametrize("past", PASTS)
@pytest.mark.parametrize(
    ("ending", "into"),
    [
        ("faded", ()),
        ("error", ()),
        ("absorbed", ()),
        ("absorbed", (ONE,)),
        ("merged", (ONE,)),
        ("merged", (ONE, TWO)),
        ("split", (ONE, TWO)),
        ("split", (ONE,)),
    ],
)
def test_an_open_community_can_end_in_each_way(past: str, ending: str, into: tuple[str, ...]):
    state = given_community(*PASTS[past]).when(Close(ME, ending, into)).then(Closed(ending, into))
    assert (state.state, state.ending, state.successors) == ("closed", ending, into)


@pytest.mark.parametrize("ending", ["merged", "split"])
def test_one_that_goes_on_in_others_says_in_which(ending: str):
    given_community(*ACTIVE).when(Close(ME, ending, ())).then_refused(
        f"Say in which community or communities it {ending}.", field="into"
    )


@pytest.mark.parametrize("ending", ["faded", "error"])
def test_one_that_is_no_more_has_no_successor(ending: str):
    given_community(*ACTIVE).when(Close(ME, ending, (ONE,))).then_refused(
        "has no successor", field="into"
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_community_ends_in_itself(ending: str):
    given_community(*ACTIVE).when(Close(ME, ending, (ONE, ME))).then_refused(
        "cannot end in itself", field="into"
    )


@pytest.mark.parametrize("ending", ["merged", "split", "absorbed"])
def test_a_successor_must_be_open_and_the_refusal_names_the_closed_ones(ending: str):
    closing = Close(ME, ending, (ONE, TWO), closed=frozenset({TWO}))
    given_community(*ACTIVE).when(closing).then_refused(TWO, field="into")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_closed_community_cannot_close_again(ending: str):
    into = (ONE,) if ending in ("merged", "split") else ()
    given_community(*ACTIVE, Closed("faded")).when(Close(ME, ending, into)).then_refused(
        "This community is closed", unlawful=True
    )


@pytest.mark.parametrize("past", PASTS)
@pytest.mark.parametrize("ending", ["merged", "split", "absorbed"])
def test_a_successor_notes_who_ended_in_it(past: str, ending: str):
    state = (
        given_community(*PASTS[past])
        .when(NoteSuccession(ONE, ending))
        .then(SuccessionNoted(ONE, ending))
    )
    assert state.predecessors == (ONE,)
    assert state.state == given_community(*PASTS[past]).state.state


def test_a_closed_community_is_no_successor():
    given_community(*ACTIVE, Closed("faded")).when(NoteSuccession(ONE, "merged")).then_refused(
        "This community is closed", unlawful=True
    )


@pytest.mark.parametrize("past", PASTS)
def test_one_that_was_reopened_is_no_predecessor_any_more(past: str):
    state = (
        given_community(*PASTS[past], SuccessionNoted(ONE, "merged"))
        .when(WithdrawSuccession(ONE))
        .then(SuccessionWithdrawn(ONE))
    )
    assert state.predecessors == ()


def test_a_closed_one_too_loses_a_predecessor_that_was_reopened():
    given_community(*ACTIVE, SuccessionNoted(ONE, "merged"), Closed("faded")).when(
        WithdrawSuccession(ONE)
    ).then(SuccessionWithdrawn(ONE))


def test_a_succession_that_was_never_noted_is_not_withdrawn():
    given_community(*ACTIVE).when(WithdrawSuccession(ONE)).then()


def test_predecessors_are_kept_in_order():
    state = given_community(*ACTIVE, SuccessionNoted(ONE, "merged"), SuccessionNoted(TWO, "split"))
    assert state.state.predecessors == (ONE, TWO)


def test_one_that_was_reopened_and_ended_here_again_is_one_predecessor():
    twice = (SuccessionNoted(ONE, "merged"), SuccessionNoted(ONE, "absorbed"))
    assert given_community(*ACTIVE, *twice).state.predecessors == (ONE,)


@pytest.mark.parametrize("past", ["imported", "convened", "active", "dormant"])
def test_a_closed_community_can_be_reopened_and_is_active(past: str):
    state = (
        given_community(*PASTS[past], Closed("merged", (ONE,))).when(Reopen(TODAY)).then(Reopened())
    )
    assert (state.state, state.ending, state.successors) == ("active", None, ())


@pytest.mark.parametrize("past", PASTS)
def test_an_open_community_cannot_be_reopened(past: str):
    given_community(*PASTS[past]).when(Reopen(TODAY)).then_refused(
        "Only a closed community can be reopened", unlawful=True
    )


def test_what_is_not_there_cannot_be_reopened():
    given_community().when(Reopen(TODAY)).then_refused("There is no such community", unlawful=True)


def test_a_reopened_community_remembers_what_it_was():
    before = given_community(*CONVENED, StageChanged("maturing"), SuccessionNoted(ONE, "merged"))
    after = given_community(
        *CONVENED, StageChanged("maturing"), SuccessionNoted(ONE, "merged"), Closed("faded")
    ).when(Reopen(TODAY))
    assert after.then(Reopened()) == before.state


def test_a_convener_who_left_while_it_was_closed_is_missed_when_it_reopens():
    left = (Closed("faded"), MembershipEnded("com_1", "rol_1", date(2026, 2, 1)))
    state = given_community(*CONVENED, *left).when(Reopen(TODAY)).then(Reopened(), ConvenerNeeded())
    assert state.needs_convener


def test_a_convener_whose_time_ran_out_meanwhile_is_missed_too():
    time_limited = (
        *ACTIVE,
        MembershipStarted(
            "com_1", "rol_1", "per_1", "convener", date(2026, 1, 1), date(2026, 2, 1)
        ),
        ConvenerFound(),
        Closed("faded"),
    )
    given_community(*time_limited).when(Reopen(TODAY)).then(Reopened(), ConvenerNeeded())


def test_a_convener_whose_end_was_moved_while_it_was_closed_is_found_again():
    moved = (
        *ACTIVE,
        MembershipStarted(
            "com_1", "rol_1", "per_1", "convener", date(2025, 1, 1), date(2025, 2, 1)
        ),
        Closed("faded"),
        MembershipEnded("com_1", "rol_1", date(2027, 1, 1)),
    )
    given_community(*moved).when(Reopen(TODAY)).then(Reopened(), ConvenerFound())


def test_a_record_that_nobody_claimed_needs_no_convener_when_it_reopens():
    state = given_community(*IMPORTED, Closed("error")).when(Reopen(TODAY)).then(Reopened())
    assert (state.unclaimed, state.needs_convener) == (True, False)
