"""People over HTTP: kept for a purpose, copied on request, erased for good."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unicodedata import normalize

import pytest

from services.registry.convening import review_conveners
from services.registry.erasing import erase_again, erase_those_without_purpose
from shared.service import Service
from shared.settings import Secret
from tests.registry import SERVICE, Caller, Registry, at_once


def erase(registry: Registry, person: str) -> int:
    return registry.operator.ask("DELETE", f"/people/{person}").status_code


def role_of(registry: Registry, community: str, person: str, **fields: str) -> str:
    body = {"person": person, "role": "convener", "from": "2026-01-01"} | fields
    return str(registry.operator.made(f"/communities/{community}/roles", **body)["id"])


def without_secret(service: Service) -> Service:
    """As the worker and a restore have it in a deployment."""
    return replace(service, settings=replace(service.settings, secret=Secret("SECRET")))


def test_an_erased_person_is_a_former_member_and_the_name_is_gone(registry: Registry):
    person = registry.operator.person("Zebedee Quux", email="zebedee@people.example")
    answer = registry.operator.ask("DELETE", f"/people/{person}")
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/people/{person}/erasure")
    shown = registry.operator.get(f"/people/{person}").json
    assert (shown["name"], shown["email"]) == ("a former member", None)
    assert registry.operator.get("/people").json["items"] == []


def test_the_address_of_an_erased_person_may_be_used_by_another(registry: Registry):
    person = registry.operator.person("Ada", email="ada@people.example")
    assert erase(registry, person) == 202
    assert registry.operator.person("Ada", email="ada@people.example") != person


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("boss@bücher.example", "Boss@XN--BCHER-KVA.example"),
        ("zoe\u0308@people.example", "zoë@PEOPLE.example"),
    ],
)
def test_one_address_written_in_two_ways_is_one_person(registry: Registry, one: str, other: str):
    person = registry.operator.person("Zoë", email=one)
    assert registry.operator.done("/people", name="Zoë", email=other)["id"] == person
    assert registry.operator.get("/people").json["items"][0]["email"] == normalize("NFC", one)


def test_addresses_that_idna_2003_held_to_be_one_are_two_people(registry: Registry):
    person = registry.operator.person("Ada", email="boss@straße.example")
    assert registry.operator.person("Bea", email="boss@strasse.example") != person


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("a\u200bda@people.example", "U+200B (ZERO WIDTH SPACE)"),
        ("ada@peo\u00adple.example", "U+00AD (SOFT HYPHEN)"),
        ("ada@intranet", "whole domain"),
        ("ada@☃.example", "SNOWMAN"),
    ],
)
def test_an_address_that_none_can_be_is_refused_by_name(
    registry: Registry, address: str, named: str
):
    answer = registry.operator.post("/people", {"name": "Ada", "email": address})
    assert answer.status_code == 422
    assert named in answer.json["errors"]["email"][0]
    person = registry.operator.person("Ada", email="ada@people.example")
    answer = registry.operator.patch(f"/people/{person}", {"email": address}, "*")
    assert named in answer.json["errors"]["email"][0]


def test_erasing_twice_is_as_erasing_once(registry: Registry):
    person = registry.operator.person()
    assert [erase(registry, person), erase(registry, person)] == [202, 202]
    erased = [e for e in registry.operator.events() if e["type"] == "registry.person.erased"]
    assert len(erased) == 1


def test_erasing_somebody_who_never_was_is_404(registry: Registry):
    assert erase(registry, "per_00000000000000000000") == 404


def test_the_erasure_says_which_services_have_confirmed(registry: Registry):
    person = registry.operator.person()
    assert registry.operator.get(f"/people/{person}/erasure").status_code == 404
    erase(registry, person)
    found = registry.operator.get(f"/people/{person}/erasure").json
    assert found["services"]["registry"] == found["erased_at"]
    assert found["services"]["notifications"] is None
    assert found["complete"] is False


def test_the_last_convener_being_erased_leaves_the_community_in_need_of_one(
    registry: Registry,
):
    person, community = registry.operator.person(), registry.operator.community()
    role_of(registry, community, person)
    erase(registry, person)
    shown = registry.operator.get(f"/communities/{community}").json
    assert shown["needs_convener"] is True
    assert shown["roles"][0]["to"] is not None
    history = registry.operator.get(f"/communities/{community}/history").json["items"]
    assert "A former member is convener from 2026-01-01." in [h["sentence"] for h in history]


def test_somebody_erased_while_being_made_a_convener_is_either_refused_or_ended(
    each_registry: Registry,
):
    operator = each_registry.operator
    for _ in range(5):
        person, community = operator.person(), operator.community()
        body = {"person": person, "role": "convener", "from": "2026-01-01"}
        begun, erased = at_once(
            lambda c=community, b=body: operator.post(f"/communities/{c}/roles", b).status_code,
            lambda p=person: erase(each_registry, p),
        )
        roles = operator.get(f"/communities/{community}").json["roles"]
        assert erased == 202
        assert begun in (201, 422)
        assert all(role["to"] is not None for role in roles)
        assert len(roles) == (1 if begun == 201 else 0)


def test_an_export_holds_the_person_the_roles_and_says_who_did_not_answer(registry: Registry):
    person = registry.operator.person("Ada", email="ada@people.example")
    community = registry.operator.community()
    role_of(registry, community, person)
    Caller(registry.app, actor=person).done(f"/communities/{community}/stage", stage="maturing")
    found = registry.operator.get(f"/people/{person}/export").json
    assert found["person"]["email"] == "ada@people.example"
    here = found["services"]["registry"]
    assert [role["community"] for role in here["roles"]] == [community]
    assert [c["type"] for c in here["changes_made"]] == ["registry.community.stage-changed"]
    assert "unavailable" in found["services"]["scheduling"]


def test_contacts_are_for_the_services_alone_and_leave_out_the_erased(registry: Registry):
    here, gone = registry.operator.person("Ada", email="a@p.example"), registry.operator.person()
    erase(registry, gone)
    asked = {"ids": [here, gone, "per_00000000000000000000"]}
    assert registry.anyone.post("/people/contacts", asked).status_code == 401
    assert registry.operator.post("/people/contacts", asked).status_code == 403
    answer = Caller(registry.app, SERVICE).post("/people/contacts", asked)
    assert [(p["id"], p["email"]) for p in answer.json["items"]] == [(here, "a@p.example")]


def test_contacts_say_whose_name_somebody_else_typed(registry: Registry):
    operator, until = registry.operator, "2030-01-01"
    sponsor = operator.person("Lin", email="l@p.example", purpose="sponsor, coh_1", until=until)
    guest = operator.person("Gil", email="g@p.example", purpose="guest, ses_1", until=until)
    both = operator.person("Bo", email="b@p.example", purpose="guest, ses_1", until=until)
    operator.post("/people", {"name": "Bo", "email": "b@p.example"})
    ada = operator.person("Ada", email="a@p.example")
    asked = {"ids": [sponsor, guest, both, ada]}
    answer = Caller(registry.app, SERVICE).post("/people/contacts", asked).json["items"]
    typed = {item["id"] for item in answer if item["named_by_others"]}
    assert typed == {sponsor, guest}


def test_people_go_when_their_last_purpose_has_ended(registry: Registry):
    now = registry.service.clock.now()
    today = now.date()
    guest = registry.operator.person("Guest", purpose="celebration", until=today.isoformat())
    stays = registry.operator.person("Stays")
    worker = without_secret(registry.service)
    assert erase_those_without_purpose(worker, now) == 0
    assert erase_those_without_purpose(worker, now + timedelta(days=1)) == 1
    assert registry.operator.get(f"/people/{guest}").json["name"] == "a former member"
    assert registry.operator.get(f"/people/{stays}").json["name"] == "Stays"


def test_a_role_held_is_a_purpose_until_it_ends(registry: Registry):
    now = registry.service.clock.now()
    today = now.date().isoformat()
    person = registry.operator.person("Guest", purpose="celebration", until=today)
    community = registry.operator.community()
    role = role_of(registry, community, person)
    later = now + timedelta(days=30)
    assert erase_those_without_purpose(registry.service, later) == 0
    registry.operator.changed(f"/communities/{community}/roles/{role}", to=today)
    assert erase_those_without_purpose(registry.service, later) == 1


def test_a_known_address_adds_a_purpose_to_the_person_who_has_it(registry: Registry):
    person = registry.operator.person("Ada", email="ada@people.example")
    again = registry.operator.post(
        "/people", {"name": "Ada", "email": "ADA@people.example", "purpose": "sponsor"}
    )
    assert (again.status_code, again.json["id"]) == (200, person)
    assert [p["purpose"] for p in again.json["purposes"]] == ["directory", "sponsor"]


def test_a_convener_whose_time_runs_out_is_noticed_by_the_timed_pass(registry: Registry):
    now = registry.service.clock.now()
    person, community = registry.operator.person(), registry.operator.community()
    tomorrow = (now + timedelta(days=1)).date().isoformat()
    role_of(registry, community, person, to=tomorrow)
    assert registry.anyone.get(f"/communities/{community}").json["needs_convener"] is False
    for day, due in ((0, 0), (2, 1), (2, 0)):
        assert review_conveners(registry.service, now + timedelta(days=day)) == due
    assert registry.anyone.get(f"/communities/{community}").json["needs_convener"] is True


@pytest.mark.parametrize("until", ["2026-13-01", "soon", "01/02/2026"])
def test_a_purpose_lasts_until_a_date(registry: Registry, until: str):
    answer = registry.operator.post("/people", {"name": "Ada", "until": until})
    assert answer.json["errors"] == {"until": ["must be a date such as 2026-03-01"]}


def test_whom_a_backup_brought_back_is_erased_again_without_a_secret(registry: Registry):
    ada = registry.operator.person("Ada")
    erase_again(without_secret(registry.service), ada, datetime.now(UTC))
    assert registry.operator.get(f"/people/{ada}").json["email"] is None
