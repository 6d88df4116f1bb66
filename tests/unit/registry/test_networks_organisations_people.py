"""Networks whose names change with the years, organisations, and people who are only ids."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.registry.domain.network import (
    KINDS,
    DatedName,
    DescribeNetwork,
    NetworkDescribed,
    NetworkRegistered,
    RegisterNetwork,
)
from services.registry.domain.organisation import (
    DescribeOrganisation,
    OrganisationDescribed,
    OrganisationRegistered,
    RegisterOrganisation,
)
from services.registry.domain.person import PersonRegistered, RegisterPerson
from services.registry.projections.catalogue import name_key
from tests.unit.registry.scenario import given_network, given_organisation, given_person

FORMER = DatedName("Wessex AHSN", date(2013, 5, 1), date(2023, 9, 30))
PRESENT = DatedName("Health Innovation Wessex", date(2023, 10, 1))
WESSEX = NetworkRegistered(
    "Health Innovation Wessex", "health-innovation-network", ("HI Wessex",), (FORMER, PRESENT)
)
TRUST = OrganisationRegistered("Solent Valley Trust", "nhs-trust", "R9X")
NETWORK_CHANGES: dict[str, Any] = {
    "name": "Wessex Innovates",
    "kind": "other",
    "aliases": ("Wessex",),
    "names": (FORMER,),
}


def test_a_network_is_registered_and_found_by_all_its_names_once_each():
    state = given_network().when(RegisterNetwork(WESSEX)).then(WESSEX)
    assert state.known_as() == ("Health Innovation Wessex", "Wessex AHSN", "HI Wessex")


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_is_of_any_kind(kind: str):
    registered = replace(WESSEX, kind=kind)
    assert given_network().when(RegisterNetwork(registered)).then(registered).kind == kind


def test_a_network_is_registered_only_once():
    given_network(WESSEX).when(RegisterNetwork(WESSEX)).then_refused(
        "registered already", unlawful=True
    )


@pytest.mark.parametrize("field", NETWORK_CHANGES)
def test_describing_a_network_tells_only_what_changed(field: str):
    as_it_is = {name: getattr(WESSEX, name) for name in NETWORK_CHANGES}
    change = NetworkDescribed(**{field: NETWORK_CHANGES[field]})
    wanted = NetworkDescribed(**(as_it_is | {field: NETWORK_CHANGES[field]}))
    state = given_network(WESSEX).when(DescribeNetwork(wanted)).then(change)
    assert getattr(state, field) == NETWORK_CHANGES[field]


@pytest.mark.parametrize("field", NETWORK_CHANGES)
def test_describing_a_network_as_it_is_changes_nothing(field: str):
    as_it_is = NetworkDescribed(**{field: getattr(WESSEX, field)})
    given_network(WESSEX).when(DescribeNetwork(as_it_is)).then_nothing()


@pytest.mark.parametrize("field", ["aliases", "names"])
def test_an_empty_list_takes_all_of_a_networks_other_names_away(field: str):
    change = NetworkDescribed(**{field: ()})
    assert getattr(given_network(WESSEX).when(DescribeNetwork(change)).then(change), field) == ()


def test_a_renamed_network_is_no_longer_found_by_a_name_that_was_not_kept():
    state = given_network(NetworkRegistered("Old"), NetworkDescribed(name="New")).state
    assert state.known_as() == ("New",)


@pytest.mark.parametrize("decision", [RegisterNetwork, DescribeNetwork])
def test_no_name_ends_before_it_begins(decision: Any):
    wrong = DatedName("Wessex AHSN", date(2023, 10, 1), date(2023, 9, 30))
    if decision is RegisterNetwork:
        outcome = given_network().when(RegisterNetwork(replace(WESSEX, names=(wrong,))))
    else:
        outcome = given_network(WESSEX).when(DescribeNetwork(NetworkDescribed(names=(wrong,))))
    outcome.then_refused("'Wessex AHSN' ends before it begins", field="names")


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (None, None),
        (date(2023, 10, 1), None),
        (None, date(2023, 9, 30)),
        (date(2023, 10, 1), date(2023, 10, 1)),
    ],
)
def test_a_names_dates_may_be_unknown_and_its_last_day_may_be_its_first(
    begins: date | None, ends: date | None
):
    named = replace(WESSEX, names=(DatedName("A name", begins, ends),))
    given_network().when(RegisterNetwork(named)).then(named)


def test_a_network_that_is_not_there_cannot_be_described():
    given_network().when(DescribeNetwork(NetworkDescribed(name="New"))).then_refused(
        "There is no such network", unlawful=True
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wessex AHSN", "wessex  ahsn"),
        (" Wessex AHSN ", "Wessex AHSN"),
        ("Kent, Surrey & Sussex", "Kent, Surrey and Sussex"),
        ("Réseau", "reseau"),
        ("RÉSEAU", "Re\u0301seau"),
        ("STRASSE", "straße"),
        ("Ｗｅｓｓｅｘ", "Wessex"),
    ],
)
def test_names_of_networks_are_compared_as_people_read_them(one: str, other: str):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Wessex", "Wessex AHSN"), ("North East", "North West"), ("AHSN-1", "AHSN 1")],
)
def test_different_names_stay_different(one: str, other: str):
    assert name_key(one) != name_key(other)


def test_an_organisation_is_registered():
    state = given_organisation().when(RegisterOrganisation(TRUST)).then(TRUST)
    assert (state.name, state.kind, state.ods_code) == ("Solent Valley Trust", "nhs-trust", "R9X")


def test_an_organisation_is_registered_only_once():
    given_organisation(TRUST).when(RegisterOrganisation(TRUST)).then_refused(
        "registered already", unlawful=True
    )


@pytest.mark.parametrize(
    ("field", "value"), [("name", "Solent Trust"), ("kind", "charity"), ("ods_code", "RHM")]
)
def test_describing_an_organisation_tells_only_what_changed(field: str, value: str):
    as_it_is = {name: getattr(TRUST, name) for name in ("name", "kind", "ods_code")}
    wanted = OrganisationDescribed(**(as_it_is | {field: value}))
    change = OrganisationDescribed(**{field: value})
    state = given_organisation(TRUST).when(DescribeOrganisation(wanted)).then(change)
    assert getattr(state, field) == value


@pytest.mark.parametrize("field", ["kind", "ods_code"])
def test_an_empty_text_clears_what_is_known_of_an_organisation_once(field: str):
    change = OrganisationDescribed(**{field: ""})
    given = given_organisation(TRUST)
    assert getattr(given.when(DescribeOrganisation(change)).then(change), field) is None
    given_organisation(TRUST, change).when(DescribeOrganisation(change)).then_nothing()


def test_describing_an_organisation_as_it_is_changes_nothing():
    as_it_is = OrganisationDescribed("Solent Valley Trust", "nhs-trust", "R9X")
    given_organisation(TRUST).when(DescribeOrganisation(as_it_is)).then_nothing()


def test_an_organisation_that_is_not_there_cannot_be_described():
    given_organisation().when(DescribeOrganisation(OrganisationDescribed(name="New"))).then_refused(
        "There is no such organisation", unlawful=True
    )


def test_a_person_becomes_known_once_and_by_nothing_but_an_id():
    given_person().when(RegisterPerson()).then(PersonRegistered())
    given_person(PersonRegistered()).when(RegisterPerson()).then_refused(
        "registered already", unlawful=True
    )
