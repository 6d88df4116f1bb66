"""Suspended people: signed out everywhere, written to no more, and told apart by nobody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.registry.identity.sign_ins import handlers as sign_ins
from services.registry.identity.sign_ins import queries as sign_in_queries
from shared.link_renewals import PURPOSES
from tests.registry import SERVICE, Caller, Registry, open_registry, signed_in

ADA = "ada@people.example"
WHY = {"reason": "wrote to strangers in Ada's name"}


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path) as found:
        yield found


def suspend(registry: Registry, person: str) -> None:
    assert registry.operator.post(f"/people/{person}/suspension", WHY).status_code == 200


def restore(registry: Registry, person: str) -> None:
    answer = registry.operator.ask("DELETE", f"/people/{person}/suspension")
    assert answer.status_code == 200, answer.text


def asked(registry: Registry, email: str = ADA) -> str:
    return str(registry.anyone.post("/sign-ins", {"email": email}).json["sign_in"])


def code_of(registry: Registry, sign_in: str) -> str:
    return sign_ins.code(registry.service.settings.secret.value, sign_in)


def typed(registry: Registry, sign_in: str, code: str) -> tuple[int, object]:
    answer = registry.anyone.post(f"/sign-ins/{sign_in}/completion", {"code": code})
    return answer.status_code, answer.json.get("detail")


def test_who_is_suspended_is_signed_out_at_once_and_after_a_restoration_signs_in_again(
    registry: Registry,
):
    ada = signed_in(registry.app, ADA, "Ada")
    person = ada.get("/me").json["id"]
    suspend(registry, person)
    assert ada.get("/me").status_code == 401
    assert ada.get("/communities").status_code == 401  # even where no token is needed
    restore(registry, person)
    assert ada.get("/me").status_code == 401  # the session has ended for good
    assert signed_in(registry.app, ADA).get("/me").json["id"] == person


def test_nobody_can_tell_by_signing_in_that_an_address_is_of_a_suspended_person(
    registry: Registry,
):
    suspend(registry, registry.operator.person("Ada", email=ADA))
    registry.operator.person("Bo", email="bo@people.example")
    answers = []
    for email in (ADA, "bo@people.example"):
        sign_in = asked(registry, email)
        wrong = "000000" if code_of(registry, sign_in) != "000000" else "000001"
        answers.append([typed(registry, sign_in, wrong) for _ in range(6)])
    assert answers[0] == answers[1]
    assert [status for status, _ in answers[0]] == [422] * 5 + [429]


def test_what_was_sent_before_a_suspension_no_longer_signs_in(registry: Registry):
    person = registry.operator.person("Ada", email=ADA)
    by_code, by_link = asked(registry), asked(registry)
    with registry.service.database.read() as connection:
        pending = sign_in_queries.by_id(connection, by_link)
    assert pending is not None
    signed = sign_ins.link(registry.service.settings.secret, pending)
    suspend(registry, person)
    assert typed(registry, by_code, code_of(registry, by_code))[0] == 422
    assert registry.anyone.post("/sign-ins/completion", {"signed": signed}).status_code == 410


def test_nothing_is_sent_to_who_is_suspended(registry: Registry):
    person = registry.operator.person("Ada", email=ADA)
    before = asked(registry)
    suspend(registry, person)
    after = asked(registry)
    service = Caller(registry.app, SERVICE)
    contacts = service.post("/people/contacts", {"ids": [person, before, after]}).json["items"]
    assert [(c["id"], c["email"], c.get("suspended")) for c in contacts] == [(person, None, True)]
    requested = [e for e in registry.operator.events() if e["type"].endswith("sign-in.requested")]
    assert [event["subject"] for event in requested] == [before]


def test_operators_see_who_is_suspended_since_when_and_why(registry: Registry):
    person = registry.operator.person("Ada", email=ADA)
    bo = signed_in(registry.app, "bo@people.example", "Bo")
    me = bo.get("/me").json["id"]
    registry.operator.made("/grants", person=me, grant="operator")
    assert bo.post(f"/people/{person}/suspension", WHY).status_code == 200
    shown = bo.get(f"/people/{person}").json["suspension"]
    assert (shown["reason"], shown["by"], shown["via"]) == (WHY["reason"], me, "person")
    listed = {item["id"]: item["suspension"] for item in bo.get("/people").json["items"]}
    assert (listed[person], listed[me]) == (shown, None)
    restore(registry, person)
    assert bo.get(f"/people/{person}").json["suspension"] is None


def test_suspending_twice_and_restoring_who_is_not_suspended_change_nothing(registry: Registry):
    person = registry.operator.person("Ada", email=ADA)
    restore(registry, person)
    suspend(registry, person)
    again = registry.operator.post(f"/people/{person}/suspension", {"reason": "another"})
    assert (again.status_code, again.json["reason"]) == (200, WHY["reason"])
    types = [event["type"] for event in registry.operator.events() if event["subject"] == person]
    assert types[:2] == ["registry.person.registered", "registry.person.suspended"]
    renewed = [e for e in registry.operator.events() if e["type"].endswith("links-renewed")]
    assert {event["data"]["purpose"] for event in renewed} == set(PURPOSES)
    assert len(renewed) == len(PURPOSES)


def test_no_event_holds_the_reason(registry: Registry):
    suspend(registry, registry.operator.person("Ada", email=ADA))
    assert WHY["reason"] not in str(registry.operator.events())


@pytest.mark.parametrize(("person", "status"), [("per_00000000000000000009", 404), ("x", 404)])
def test_who_is_not_there_cannot_be_suspended(registry: Registry, person: str, status: int):
    assert registry.operator.post(f"/people/{person}/suspension", WHY).status_code == status


def test_who_was_erased_cannot_be_suspended_and_of_the_suspended_an_erasure_leaves_nothing(
    registry: Registry,
):
    person = registry.operator.person("Ada", email=ADA)
    suspend(registry, person)
    registry.operator.ask("DELETE", f"/people/{person}")
    assert registry.operator.post(f"/people/{person}/suspension", WHY).status_code == 410
    with registry.service.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM suspensions").scalar_one() == 0


def test_nobody_suspends_themselves(registry: Registry):
    ada = signed_in(registry.app, ADA, "Ada")
    me = ada.get("/me").json["id"]
    registry.operator.made("/grants", person=me, grant="operator")
    assert ada.post(f"/people/{me}/suspension", WHY).status_code == 409


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 501}])
def test_a_suspension_needs_a_reason(registry: Registry, body: dict[str, str]):
    person = registry.operator.person("Ada", email=ADA)
    answer = registry.operator.post(f"/people/{person}/suspension", body)
    assert (answer.status_code, answer.json["errors"].keys()) == (422, {"reason"})
