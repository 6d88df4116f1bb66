"""What the erasure of a person, and time alone, bring about in a community."""

from datetime import date

from services.registry.domain.community import (
    Closed,
    ConvenerFound,
    ConvenerNeeded,
    MembershipEnded,
    MembershipStarted,
    Registered,
)
from services.registry.domain.decisions import RemovePerson, ReviewConveners
from services.registry.domain.person import (
    ErasePerson,
    PersonErased,
    PersonRegistered,
    RegisterPerson,
)
from tests.unit.registry.scenario import given_community, given_person

TODAY = date(2026, 6, 1)
REGISTERED = Registered("Falls", "Preventing falls")
ADA_CONVENES = MembershipStarted("com_1", "rol_a", "per_ada", "convener", date(2026, 1, 1))
BEN_CONVENES = MembershipStarted("com_1", "rol_b", "per_ben", "convener", date(2026, 1, 1))
FOUND = ConvenerFound()


def test_the_last_conveners_erasure_ends_the_role_today_and_a_convener_is_needed():
    given = given_community(REGISTERED, ADA_CONVENES, FOUND)
    given.when(RemovePerson("com_1", "per_ada", TODAY)).then(
        MembershipEnded("com_1", "rol_a", TODAY), ConvenerNeeded()
    )


def test_one_of_two_conveners_being_erased_leaves_the_other_convening():
    given = given_community(REGISTERED, ADA_CONVENES, FOUND, BEN_CONVENES)
    given.when(RemovePerson("com_1", "per_ada", TODAY)).then(
        MembershipEnded("com_1", "rol_a", TODAY)
    )


def test_every_role_of_the_erased_person_ends():
    member = MembershipStarted("com_1", "rol_m", "per_ada", "member", date(2025, 1, 1))
    given = given_community(REGISTERED, ADA_CONVENES, FOUND, member)
    given.when(RemovePerson("com_1", "per_ada", TODAY)).then(
        MembershipEnded("com_1", "rol_a", TODAY),
        MembershipEnded("com_1", "rol_m", TODAY),
        ConvenerNeeded(),
    )


def test_a_role_that_had_ended_stays_as_it_was():
    past = MembershipStarted(
        "com_1", "rol_p", "per_ada", "member", date(2024, 1, 1), date(2025, 1, 1)
    )
    given_community(REGISTERED, past).when(RemovePerson("com_1", "per_ada", TODAY)).then_nothing()


def test_a_role_that_has_not_begun_ends_on_the_day_on_which_it_would_have():
    ahead = MembershipStarted("com_1", "rol_f", "per_ada", "member", date(2026, 9, 1))
    state = (
        given_community(REGISTERED, ahead)
        .when(RemovePerson("com_1", "per_ada", TODAY))
        .then(MembershipEnded("com_1", "rol_f", date(2026, 9, 1)))
    )
    assert not state.roles[0].current(date(2026, 9, 1))


def test_somebody_elses_erasure_changes_nothing():
    given = given_community(REGISTERED, ADA_CONVENES, FOUND)
    given.when(RemovePerson("com_1", "per_ben", TODAY)).then_nothing()


def test_an_erasure_reaches_a_closed_community_too_without_asking_for_a_convener():
    given = given_community(REGISTERED, ADA_CONVENES, FOUND, Closed("faded"))
    given.when(RemovePerson("com_1", "per_ada", TODAY)).then(
        MembershipEnded("com_1", "rol_a", TODAY)
    )


def test_a_role_that_ran_out_leaves_a_convener_needed():
    until_may = MembershipStarted(
        "com_1", "rol_a", "per_ada", "convener", date(2026, 1, 1), date(2026, 5, 1)
    )
    given = given_community(REGISTERED, until_may, FOUND)
    given.when(ReviewConveners(TODAY)).then(ConvenerNeeded())


def test_a_role_that_has_begun_meanwhile_is_found():
    since_may = MembershipStarted("com_1", "rol_a", "per_ada", "convener", date(2026, 5, 1))
    given_community(REGISTERED, since_may).when(ReviewConveners(TODAY)).then(ConvenerFound())


def test_a_review_says_nothing_where_nothing_has_changed():
    given_community(REGISTERED, ADA_CONVENES, FOUND).when(ReviewConveners(TODAY)).then_nothing()
    given_community(REGISTERED).when(ReviewConveners(TODAY)).then_nothing()


def test_a_review_leaves_unclaimed_records_alone():
    listed = Registered("", "Breathing", source="list", external_id="1")
    given_community(listed).when(ReviewConveners(TODAY)).then_nothing()


def test_a_person_is_erased_once():
    given_person(PersonRegistered()).when(ErasePerson()).then(PersonErased())
    given_person(PersonRegistered(), PersonErased()).when(ErasePerson()).then_nothing()


def test_somebody_who_never_was_cannot_be_erased():
    given_person().when(ErasePerson()).then_refused("no such person", unlawful=True)


def test_an_erased_persons_id_is_not_used_again():
    given = given_person(PersonRegistered(), PersonErased())
    given.when(RegisterPerson()).then_refused("registered already", unlawful=True)
