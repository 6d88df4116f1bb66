"""Roles are intervals; the last convener's leaving is never lost and never blocked."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.registry.domain.community import (
    Closed,
    ConvenerFound,
    ConvenerNeeded,
    MembershipEnded,
    MembershipStarted,
    Registered,
)
from services.registry.domain.decisions import EndRole, StartRole
from services.registry.domain.roles import ROLES, Role
from tests.unit.registry.scenario import given_community

TODAY = date(2026, 3, 1)
DAY = timedelta(days=1)
ACTIVE = (Registered("A", "d"),)
IMPORTED = (Registered("A", "d", source="list"),)


def role(
    begins: int, ends: int | None = None, *, kind: str = "convener", who: str = "per_a"
) -> Role:
    """From so many days after today until before so many days after today."""
    until = None if ends is None else TODAY + ends * DAY
    key = f"rol_{who}_{begins}"
    return Role(key, who, kind, TODAY + begins * DAY, until)


def started(held: Role) -> MembershipStarted:
    return MembershipStarted("com_1", held.id, held.person, held.role, held.begins, held.ends)


def convened(held: Role) -> tuple[Any, ...]:
    """A community that this convener convenes."""
    return (*ACTIVE, started(held), ConvenerFound())


@pytest.mark.parametrize("kind", ROLES)
def test_a_person_begins_a_role(kind: str):
    held = role(-1, kind=kind)
    outcome = given_community(*IMPORTED).when(StartRole("com_1", held, TODAY))
    assert outcome.events[0] == started(held)
    assert outcome.state.roles == (held,)


@pytest.mark.parametrize("ends", [0, -1, -30])
@pytest.mark.parametrize("kind", ROLES)
def test_a_role_ends_after_it_begins(ends: int, kind: str):
    given_community(*ACTIVE).when(StartRole("com_1", role(0, ends, kind=kind), TODAY)).then_refused(
        "ends after the day on which it begins", field="to"
    )


@pytest.mark.parametrize(
    ("there", "new"),
    [
        ((0, None), (0, None)),
        ((0, None), (5, None)),
        ((0, None), (-5, None)),
        ((0, None), (-5, 1)),
        ((0, 10), (0, 10)),
        ((0, 10), (9, 20)),
        ((0, 10), (-5, 1)),
        ((0, 10), (3, 4)),
        ((3, 4), (0, 10)),
        ((0, 10), (-5, None)),
        ((-10, -5), (-6, 0)),
    ],
)
def test_one_person_holds_one_role_once_at_a_time(
    there: tuple[int, int | None], new: tuple[int, int | None]
):
    given_community(*ACTIVE, started(role(*there))).when(
        StartRole("com_1", role(*new), TODAY)
    ).then_refused("must not overlap", field="from", unlawful=True)


@pytest.mark.parametrize(
    ("there", "new"),
    [
        ((0, 10), (10, 20)),
        ((0, 10), (10, None)),
        ((0, 10), (-5, 0)),
        ((5, None), (0, 5)),
        ((-10, -5), (-5, 0)),
        ((-10, -5), (5, None)),
    ],
)
def test_a_role_may_begin_on_the_day_on_which_it_ended(
    there: tuple[int, int | None], new: tuple[int, int | None]
):
    outcome = given_community(*ACTIVE, started(role(*there))).when(
        StartRole("com_1", role(*new), TODAY)
    )
    assert outcome.refused is None
    assert outcome.state.roles == (role(*there), role(*new))


@pytest.mark.parametrize("other", [role(0, who="per_b"), role(1, kind="member")])
def test_other_people_and_other_roles_may_overlap(other: Role):
    outcome = given_community(*convened(role(0))).when(StartRole("com_1", other, TODAY))
    outcome.then(started(other))


@pytest.mark.parametrize(
    ("begins", "ends", "holds"),
    [
        (0, None, True),
        (0, 1, True),
        (-1, 1, True),
        (-1, 0, False),
        (-2, -1, False),
        (1, None, False),
        (1, 2, False),
    ],
)
def test_a_convener_is_found_exactly_when_one_convenes_today(
    begins: int, ends: int | None, holds: bool
):
    held = role(begins, ends)
    expected = [started(held), *([ConvenerFound()] if holds else [])]
    state = given_community(*ACTIVE).when(StartRole("com_1", held, TODAY)).then(*expected)
    assert state.needs_convener is not holds


@pytest.mark.parametrize("kind", ["co-convener", "member"])
def test_only_a_convener_fills_the_conveners_place(kind: str):
    held = role(0, kind=kind)
    assert (
        given_community(*ACTIVE)
        .when(StartRole("com_1", held, TODAY))
        .then(started(held))
        .needs_convener
    )


def test_a_second_convener_is_no_news_about_convening():
    second = role(0, who="per_b")
    given_community(*convened(role(0))).when(StartRole("com_1", second, TODAY)).then(
        started(second)
    )


def test_the_last_conveners_leaving_is_told():
    state = (
        given_community(*convened(role(-30)))
        .when(EndRole("com_1", "rol_per_a_-30", TODAY, TODAY))
        .then(MembershipEnded("com_1", "rol_per_a_-30", TODAY), ConvenerNeeded())
    )
    assert state.needs_convener


def test_one_of_two_conveners_may_leave_without_a_word():
    both = (*convened(role(-30)), started(role(-20, who="per_b")))
    given_community(*both).when(EndRole("com_1", "rol_per_a_-30", TODAY, TODAY)).then(
        MembershipEnded("com_1", "rol_per_a_-30", TODAY)
    )


@pytest.mark.parametrize("kind", ["co-convener", "member"])
def test_another_roles_end_is_no_news_about_convening(kind: str):
    past = (*convened(role(-30)), started(role(-9, kind=kind, who="per_b")))
    given_community(*past).when(EndRole("com_1", "rol_per_b_-9", TODAY, TODAY)).then(
        MembershipEnded("com_1", "rol_per_b_-9", TODAY)
    )


def test_an_end_that_lies_ahead_does_not_need_a_convener_yet():
    ends = TODAY + 7 * DAY
    state = (
        given_community(*convened(role(-30)))
        .when(EndRole("com_1", "rol_per_a_-30", ends, TODAY))
        .then(MembershipEnded("com_1", "rol_per_a_-30", ends))
    )
    assert not state.needs_convener


def test_an_end_that_lies_ahead_can_be_moved_later():
    later = TODAY + 30 * DAY
    given_community(*convened(role(-30, 7))).when(
        EndRole("com_1", "rol_per_a_-30", later, TODAY)
    ).then(MembershipEnded("com_1", "rol_per_a_-30", later))


@pytest.mark.parametrize("ended", [0, -5], ids=["today", "days ago"])
@pytest.mark.parametrize("days", [1, 30])
def test_a_role_that_has_ended_stays_ended(ended: int, days: int):
    later = TODAY + (ended + days) * DAY
    given_community(*convened(role(-30, ended))).when(
        EndRole("com_1", "rol_per_a_-30", later, TODAY)
    ).then_refused("stays ended", field="to", unlawful=True)


def test_of_a_role_that_has_ended_an_earlier_end_can_be_said():
    earlier = TODAY - 9 * DAY
    past = (*convened(role(-30, -5)), ConvenerNeeded())
    given_community(*past).when(EndRole("com_1", "rol_per_a_-30", earlier, TODAY)).then(
        MembershipEnded("com_1", "rol_per_a_-30", earlier)
    )


def test_the_same_end_again_is_no_news():
    past = (
        *convened(role(-30)),
        MembershipEnded("com_1", "rol_per_a_-30", TODAY),
        ConvenerNeeded(),
    )
    given_community(*past).when(EndRole("com_1", "rol_per_a_-30", TODAY, TODAY)).then_nothing()


@pytest.mark.parametrize("ends", [TODAY - 30 * DAY, TODAY - 31 * DAY])
def test_a_role_ends_on_a_later_day_than_it_began(ends: date):
    given_community(*convened(role(-30))).when(
        EndRole("com_1", "rol_per_a_-30", ends, TODAY)
    ).then_refused("ends on a later day", field="to")


def test_an_end_must_not_run_into_a_later_time_in_the_same_role():
    past = (*convened(role(-30, 5)), started(role(10)))
    given_community(*past).when(
        EndRole("com_1", "rol_per_a_-30", TODAY + 11 * DAY, TODAY)
    ).then_refused("overlap", field="to")


def test_a_role_that_is_not_there_cannot_end():
    given_community(*ACTIVE).when(EndRole("com_1", "rol_x", TODAY, TODAY)).then_refused(
        "no such role", unlawful=True
    )


def test_a_closed_community_takes_nobody_in():
    given_community(*ACTIVE, Closed("faded")).when(StartRole("com_1", role(0), TODAY)).then_refused(
        "Reopen it first", unlawful=True
    )


def test_people_may_leave_a_closed_community_and_nobody_is_asked_to_convene_it():
    past = (*convened(role(-30)), Closed("faded"))
    given_community(*past).when(EndRole("com_1", "rol_per_a_-30", TODAY, TODAY)).then(
        MembershipEnded("com_1", "rol_per_a_-30", TODAY)
    )


@pytest.mark.parametrize("kind", ["co-convener", "member"])
def test_a_record_from_a_list_stays_unclaimed_until_it_has_a_convener(kind: str):
    held = role(0, kind=kind)
    state = given_community(*IMPORTED).when(StartRole("com_1", held, TODAY)).then(started(held))
    assert (state.unclaimed, state.needs_convener) == (True, False)


def test_a_convener_claims_a_record_from_a_list():
    state = (
        given_community(*IMPORTED).when(StartRole("com_1", role(0), TODAY)).then(started(role(0)))
    )
    assert (state.unclaimed, state.needs_convener) == (False, False)


@pytest.mark.parametrize("held", [role(-30, -10), role(10)], ids=["in the past", "lying ahead"])
def test_a_record_claimed_by_one_who_does_not_convene_it_now_needs_a_convener(held: Role):
    state = (
        given_community(*IMPORTED)
        .when(StartRole("com_1", held, TODAY))
        .then(started(held), ConvenerNeeded())
    )
    assert (state.unclaimed, state.needs_convener) == (False, True)


def test_leaving_a_record_that_nobody_claimed_asks_for_no_convener():
    past = (*IMPORTED, started(role(-9, kind="member")))
    given_community(*past).when(EndRole("com_1", "rol_per_a_-9", TODAY, TODAY)).then(
        MembershipEnded("com_1", "rol_per_a_-9", TODAY)
    )


def test_a_convener_whose_time_ran_out_unnoticed_is_noticed_with_the_next_role():
    ran_out = convened(role(-30, -10))
    member = role(0, kind="member", who="per_b")
    given_community(*ran_out).when(StartRole("com_1", member, TODAY)).then(
        started(member), ConvenerNeeded()
    )


@pytest.mark.parametrize(
    ("begins", "ends", "current"),
    [(0, None, True), (0, 1, True), (-1, 0, False), (1, None, False), (-5, 5, True)],
)
def test_the_day_of_its_end_no_longer_belongs_to_a_role(
    begins: int, ends: int | None, current: bool
):
    assert role(begins, ends).current(TODAY) is current


def test_overlapping_is_the_same_seen_from_either_side():
    spans = [(0, None), (0, 5), (5, 9), (-5, 0), (-5, None), (4, 6), (20, 30)]
    for one in spans:
        for two in spans:
            assert role(*one).overlaps(role(*two)) == role(*two).overlaps(role(*one))


def test_a_role_overlaps_none_of_another_kind_or_person():
    held = role(0)
    assert not held.overlaps(replace(held, role="member"))
    assert not held.overlaps(replace(held, person="per_b"))
