"""Changing one's address: confirmed at the new one, told to the old one, nobody's taken over."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.registry.identity.addresses.handlers import tidy
from services.registry.identity.sign_ins import handlers as sign_ins
from services.registry.identity.tokens.api import SESSION_GRANT
from shared.clock import Clock
from tests.registry import SERVICE, Caller, Registry, open_registry, session_of, signed_in

OLD, NEW, TAKEN = "ada@people.example", "ada@home.example", "bo@people.example"


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def ada(registry: Registry) -> Caller:
    return signed_in(registry.app, OLD, "Ada")


def id_of(person: Caller) -> str:
    return str(person.get("/me").json["id"])


def ask(person: Caller, email: str = NEW) -> Any:
    return person.post(f"/people/{id_of(person)}/address-changes", {"email": email})


def asked(person: Caller, email: str = NEW) -> str:
    answer = ask(person, email)
    assert answer.status_code == 202, answer.text
    return str(answer.json["address_change"])


def code_of(registry: Registry, change: str) -> str:
    return sign_ins.code(registry.service.settings.secret.value, change)


def confirm(person: Caller, change: str, code: str) -> Any:
    path = f"/people/{id_of(person)}/address-changes/{change}/completion"
    return person.post(path, {"code": code})


def written_to(registry: Registry, change: str) -> tuple[str, bool] | None:
    """The address that a message about the change goes to, and whether it holds a code."""
    found = Caller(registry.app, SERVICE).post("/people/contacts", {"ids": [change]}).json["items"]
    return (found[0]["email"], "sign_in" in found[0]) if found else None


def later(registry: Registry, monkeypatch: pytest.MonkeyPatch, offset: timedelta) -> None:
    """Set the service's clock."""
    settings = replace(registry.service.settings, clock=Clock(offset))
    monkeypatch.setitem(vars(registry.service), "settings", settings)


def test_the_new_address_is_the_persons_once_the_code_sent_to_it_was_typed(
    registry: Registry, ada: Caller
):
    change = asked(ada)
    assert written_to(registry, change) == (NEW, True)
    assert ada.get("/me").json["email"] == OLD
    answer = confirm(ada, change, code_of(registry, change))
    assert (answer.status_code, answer.json["email"]) == (200, NEW)
    assert written_to(registry, change) == (OLD, False)  # who has the old one is told
    assert id_of(signed_in(registry.app, NEW)) == id_of(ada)


def test_somebody_elses_address_is_answered_alike_and_never_taken_over(
    registry: Registry, ada: Caller
):
    bo = registry.operator.person("Bo", email=TAKEN)
    free, taken = ask(ada), ask(ada, TAKEN)
    assert (free.status_code, free.json.keys()) == (taken.status_code, taken.json.keys())
    change = taken.json["address_change"]
    assert written_to(registry, change) == (TAKEN, False)  # no code, but where to sign in
    wrong = confirm(ada, free.json["address_change"], "000000")
    answer = confirm(ada, change, code_of(registry, change))
    assert (answer.status_code, answer.json["detail"]) == (422, wrong.json["detail"])
    assert registry.operator.get(f"/people/{bo}").json["email"] == TAKEN


def test_an_address_that_another_got_meanwhile_is_not_taken_over(registry: Registry, ada: Caller):
    change = asked(ada)
    registry.operator.person("Bo", email=NEW)
    answer = confirm(ada, change, code_of(registry, change))
    assert (answer.status_code, answer.json["errors"].keys()) == (422, {"code"})
    assert ada.get("/me").json["email"] == OLD


def test_five_wrong_codes_end_a_change(registry: Registry, ada: Caller):
    change = asked(ada)
    wrong = "000000" if code_of(registry, change) != "000000" else "000001"
    assert [confirm(ada, change, wrong).status_code for _ in range(5)] == [422] * 5
    assert confirm(ada, change, code_of(registry, change)).status_code == 429


def test_a_code_works_once_for_a_quarter_of_an_hour(
    registry: Registry, ada: Caller, monkeypatch: pytest.MonkeyPatch
):
    used, late = asked(ada), asked(ada, "ada@work.example")
    assert confirm(ada, used, code_of(registry, used)).status_code == 200
    assert confirm(ada, used, code_of(registry, used)).status_code == 410
    later(registry, monkeypatch, timedelta(minutes=15))
    ada = signed_in(registry.app, NEW)
    assert confirm(ada, late, code_of(registry, late)).status_code == 410
    assert written_to(registry, late) is None


def test_nobody_confirms_the_change_of_another(registry: Registry, ada: Caller):
    change = asked(ada)
    bo = signed_in(registry.app, TAKEN, "Bo")
    assert confirm(bo, change, code_of(registry, change)).status_code == 404


def test_three_an_hour_and_then_it_is_said_until_when(registry: Registry, ada: Caller):
    for number in range(3):
        asked(ada, f"ada{number}@people.example")
    answer = ask(ada)
    assert (answer.status_code, 0 < int(answer.headers["Retry-After"]) <= 3600) == (429, True)


def test_one_address_is_written_to_three_times_an_hour(registry: Registry, ada: Caller):
    people = [ada, *(signed_in(registry.app, f"{n}@people.example", n) for n in ("bo", "cy", "di"))]
    for person in people:
        asked(person)
    types = [e["type"] for e in registry.operator.events()]
    assert types.count("registry.address-change.requested") == 3


def test_an_address_needs_a_recent_sign_in(registry: Registry, monkeypatch: pytest.MonkeyPatch):
    session = session_of(registry.app, OLD, "Ada")
    later(registry, monkeypatch, timedelta(minutes=31))
    form = {"grant_type": SESSION_GRANT, "session": session}
    token = registry.anyone.ask("POST", "/oauth/token", data=form).json["access_token"]
    answer = ask(Caller(registry.app, token))
    assert answer.status_code == 401
    assert "insufficient_user_authentication" in answer.headers["WWW-Authenticate"]


def test_nobody_changes_their_own_address_without_confirming_it(registry: Registry, ada: Caller):
    me = id_of(ada)
    answer = ada.patch(f"/people/{me}", {"email": NEW}, "*")
    assert (answer.status_code, answer.json["errors"].keys()) == (422, {"email"})
    assert ada.patch(f"/people/{me}", {"email": OLD, "name": "Ada L"}, "*").status_code == 200


def test_an_operator_changes_it_for_a_lost_mailbox_and_the_old_one_is_told(
    registry: Registry, ada: Caller
):
    me = id_of(ada)
    assert registry.operator.patch(f"/people/{me}", {"email": NEW}, "*").status_code == 200
    assert ada.get("/me").status_code == 401  # whoever was signed in by the old one
    (changed,) = [e for e in registry.operator.events() if e["type"].endswith("change.completed")]
    assert written_to(registry, changed["subject"]) == (OLD, False)
    with registry.service.database.read() as connection:
        events = registry.service.store.load(connection, changed["subject"])
    assert [event.via for event in events] == ["operator"]


def test_no_event_holds_an_address_or_a_code(registry: Registry, ada: Caller):
    change = asked(ada)
    confirm(ada, change, code_of(registry, change))
    told = str(registry.operator.events())
    for secret in (OLD, NEW, code_of(registry, change)):
        assert secret not in told


def test_addresses_go_when_their_time_is_over_and_with_an_erasure(registry: Registry, ada: Caller):
    def kept() -> list[Any]:
        with registry.service.database.read() as connection:
            return list(connection.exec_driver_sql("SELECT address FROM address_changes").scalars())

    now = registry.service.clock.now()
    done = asked(ada)
    confirm(ada, done, code_of(registry, done))
    asked(ada, "ada@work.example")
    tidy(registry.service, now + timedelta(minutes=16))
    assert sorted(kept(), key=str) == [None, OLD]
    tidy(registry.service, now + timedelta(hours=2))
    assert kept() == [OLD]
    tidy(registry.service, now + timedelta(hours=49))
    assert kept() == []
    asked(ada, "ada@work.example")
    cy = signed_in(registry.app, "cy@people.example", "Cy")
    asked(cy, NEW)  # which is Ada's by now
    registry.operator.ask("DELETE", f"/people/{id_of(ada)}")
    assert kept() == []
