"""Signing in by the emailed link or code, with what can go wrong on the way."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.registry.identity.sign_ins import handlers, queries
from shared.clock import Clock
from tests.registry import Registry, open_registry

ADA = "ada@people.example"
GRANT = "urn:hedgerow:grant:session"


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path) as found:
        yield found


def ask(registry: Registry, email: str = ADA) -> str:
    answer = registry.anyone.post("/sign-ins", {"email": email})
    assert answer.status_code == 202, answer.text
    return str(answer.json["sign_in"])


def code_of(registry: Registry, sign_in: str) -> str:
    return handlers.code(registry.service.settings.secret.value, sign_in)


def signed_of(registry: Registry, sign_in: str) -> str:
    with registry.service.database.read() as connection:
        found = queries.by_id(connection, sign_in)
    assert found is not None
    return handlers.link(registry.service.settings.secret, found)


def complete(registry: Registry, sign_in: str, **fields: str):
    body = {"code": code_of(registry, sign_in)} | fields
    return registry.anyone.post(f"/sign-ins/{sign_in}/completion", body)


def test_a_known_person_signs_in_by_the_code(registry: Registry):
    person = registry.operator.person("Ada", email=ADA)
    answer = complete(registry, ask(registry))
    assert (answer.status_code, answer.json["person"]) == (200, person)
    assert len(answer.json["session"]) >= 43


def test_a_known_person_signs_in_by_the_link(registry: Registry):
    person = registry.operator.person("Ada", email=ADA)
    signed = signed_of(registry, ask(registry))
    answer = registry.anyone.post("/sign-ins/completion", {"signed": signed})
    assert (answer.status_code, answer.json["person"]) == (200, person)


def test_the_answer_is_the_same_whether_anybody_has_the_address(registry: Registry):
    registry.operator.person("Ada", email=ADA)
    known = registry.anyone.post("/sign-ins", {"email": ADA})
    unknown = registry.anyone.post("/sign-ins", {"email": "nobody@people.example"})
    assert known.status_code == unknown.status_code == 202
    assert known.json.keys() == unknown.json.keys() == {"sign_in"}
    assert known.headers["Cache-Control"] == "no-store"


def test_a_stranger_is_asked_for_a_name_and_becomes_a_person_at_completion(registry: Registry):
    sign_in = ask(registry, "new@people.example")
    assert registry.operator.get("/people").json["items"] == []
    answer = complete(registry, sign_in)
    assert answer.status_code == 422
    assert answer.json["errors"].keys() == {"name"}
    answer = complete(registry, sign_in, name="Bo Nowak")
    assert answer.status_code == 200
    person = registry.operator.get(f"/people/{answer.json['person']}").json
    assert (person["name"], person["email"]) == ("Bo Nowak", "new@people.example")
    assert [purpose["purpose"] for purpose in person["purposes"]] == ["account"]


def test_a_code_signs_in_once(registry: Registry):
    registry.operator.person("Ada", email=ADA)
    sign_in = ask(registry)
    assert complete(registry, sign_in).status_code == 200
    answer = complete(registry, sign_in)
    assert (answer.status_code, "used already" in answer.json["detail"]) == (410, True)


def test_five_wrong_codes_end_a_sign_in(registry: Registry):
    registry.operator.person("Ada", email=ADA)
    sign_in = ask(registry)
    wrong = "000000" if code_of(registry, sign_in) != "000000" else "000001"
    for _ in range(5):
        answer = complete(registry, sign_in, code=wrong)
        assert (answer.status_code, answer.json["errors"].keys()) == (422, {"code"})
    assert complete(registry, sign_in).status_code == 429


def test_a_sign_in_expires_after_a_quarter_of_an_hour(registry: Registry, monkeypatch):
    registry.operator.person("Ada", email=ADA)
    sign_in = ask(registry)
    signed = signed_of(registry, sign_in)
    later = Clock(timedelta(minutes=15, seconds=1))
    monkeypatch.setattr(type(registry.service), "clock", property(lambda _: later))
    assert complete(registry, sign_in).status_code == 410
    assert registry.anyone.post("/sign-ins/completion", {"signed": signed}).status_code == 410


@pytest.mark.parametrize("code", ["12345", "", "abcdef", "１２３４５６", "-1"])
def test_what_is_no_code_is_refused(registry: Registry, code: str):
    answer = complete(registry, ask(registry), code=code)
    assert (answer.status_code, answer.json["errors"].keys()) == (422, {"code"})


def test_one_address_is_written_to_three_times_an_hour_and_nobody_is_told(registry: Registry):
    for _ in range(4):
        ask(registry, ADA)
    requested = [e for e in registry.operator.events() if e["type"].endswith("sign-in.requested")]
    assert len(requested) == 3


def test_one_network_address_may_ask_twenty_times_an_hour(registry: Registry):
    for number in range(20):
        ask(registry, f"person-{number}@people.example")
    answer = registry.anyone.post("/sign-ins", {"email": ADA})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 3600


def test_no_event_holds_an_address_a_code_or_a_secret(registry: Registry):
    answer = complete(registry, sign_in := ask(registry, ADA), name="Ada")
    told = str(registry.operator.events())
    for secret in (ADA, answer.json["session"], code_of(registry, sign_in)):
        assert secret not in told


def test_sign_ins_are_internal(registry: Registry):
    complete(registry, ask(registry), name="Ada")
    types = {event["type"] for event in registry.anyone.get("/events").json["events"]}
    assert not [name for name in types if "sign-in" in name]
