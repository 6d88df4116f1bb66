"""Sessions and access tokens: who one is, until one is not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.clock import Clock
from tests.integration.test_identity_sign_in import ADA, GRANT, ask, complete
from tests.registry import Caller, Registry, open_registry


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path) as found:
        yield found


def session_of(registry: Registry, email: str = ADA, name: str = "Ada") -> tuple[str, str]:
    """A new session's secret, and whose it is."""
    answer = complete(registry, ask(registry, email), name=name)
    assert answer.status_code == 200, answer.text
    return answer.json["session"], answer.json["person"]


def token_answer(registry: Registry, session: str, **fields: str) -> Any:
    form = {"grant_type": GRANT, "session": session} | fields
    return registry.anyone.ask("POST", "/oauth/token", data=form)


def as_person(registry: Registry, session: str, actor: str | None = None) -> Caller:
    answer = token_answer(registry, session)
    assert answer.status_code == 200, answer.text
    return Caller(registry.app, answer.json["access_token"], actor)


def shift(registry: Registry, monkeypatch: pytest.MonkeyPatch, later: timedelta) -> None:
    """Set the service's clock."""
    monkeypatch.setitem(
        vars(registry.service), "settings", replace(registry.service.settings, clock=Clock(later))
    )


def test_a_session_gives_tokens_that_say_who_one_is(registry: Registry):
    session, person = session_of(registry)
    answer = token_answer(registry, session)
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 300)
    assert answer.headers["Cache-Control"] == "no-store"
    me = as_person(registry, session).get("/me").json
    assert (me["id"], me["name"], me["email"]) == (person, "Ada", ADA)
    assert (me["roles"], me["grants"]) == ([], [])


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"session": "not-a-secret"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
    ],
)
def test_what_is_no_session_gives_no_token(registry: Registry, fields: dict[str, str], error: str):
    answer = token_answer(registry, fields.pop("session", ""), **fields)
    assert (answer.status_code, answer.json["error"]) == (400, error)


def test_a_token_expires_after_five_minutes(registry: Registry, monkeypatch: pytest.MonkeyPatch):
    session, _ = session_of(registry)
    me = as_person(registry, session)
    shift(registry, monkeypatch, timedelta(minutes=4, seconds=50))
    assert me.get("/me").status_code == 200
    shift(registry, monkeypatch, timedelta(minutes=5, seconds=1))
    assert me.get("/me").status_code == 401


def test_signing_out_ends_the_session_and_its_tokens_at_once(registry: Registry):
    session, _ = session_of(registry)
    me = as_person(registry, session)
    mine = me.get("/me").json["session"]
    assert me.ask("DELETE", f"/me/sessions/{mine}").status_code == 200
    assert me.get("/me").status_code == 401
    assert token_answer(registry, session).json["error"] == "invalid_grant"
    ended = [e for e in registry.operator.events() if e["type"] == "registry.sign-in.ended"]
    assert [event["data"]["reason"] for event in ended] == ["signed-out"]


def test_another_session_can_be_revoked_but_not_somebody_elses(registry: Registry):
    one, _ = session_of(registry)
    other, _ = session_of(registry)
    bo, _ = session_of(registry, "bo@people.example", "Bo")
    here, there, stranger = (as_person(registry, session) for session in (one, other, bo))
    listed = here.get("/me/sessions").json["items"]
    assert sorted(item["current"] for item in listed) == [False, True]
    lost = there.get("/me").json["session"]
    assert stranger.ask("DELETE", f"/me/sessions/{lost}").status_code == 404
    assert here.ask("DELETE", f"/me/sessions/{lost}").status_code == 200
    assert (there.get("/me").status_code, here.get("/me").status_code) == (401, 200)


def test_a_session_ends_after_twelve_hours_without_use(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    session, _ = session_of(registry)
    shift(registry, monkeypatch, timedelta(hours=11, minutes=59))
    assert token_answer(registry, session).status_code == 200
    shift(registry, monkeypatch, timedelta(hours=23, minutes=58))
    assert token_answer(registry, session).status_code == 200
    shift(registry, monkeypatch, timedelta(hours=36))
    assert token_answer(registry, session).status_code == 400


def test_a_session_ends_after_a_week_however_much_it_is_used(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    session, _ = session_of(registry)
    for hours in range(10, 168, 10):
        shift(registry, monkeypatch, timedelta(hours=hours))
        assert token_answer(registry, session).status_code == 200
    shift(registry, monkeypatch, timedelta(hours=168, seconds=1))
    assert token_answer(registry, session).status_code == 400


def test_a_person_acts_for_nobody_else(registry: Registry):
    session, person = session_of(registry)
    other = registry.operator.person("Bo")
    assert as_person(registry, session, actor=person).get("/me").status_code == 200
    assert as_person(registry, session, actor=other).get("/me").status_code == 403


def test_a_person_is_not_the_operator(registry: Registry):
    session, _ = session_of(registry)
    me, other = as_person(registry, session), registry.operator.person("Bea")
    for path in ("/people", f"/people/{other}", "/status", "/grants"):
        assert me.get(path).status_code == 403, path


def test_an_operator_by_grant_is_one_until_it_ends(registry: Registry):
    session, person = session_of(registry)
    me = as_person(registry, session)
    given = registry.operator.made("/grants", person=person, grant="operator")
    assert me.get("/grants").json["items"] == [given]
    assert me.get("/me").json["grants"] == [
        {"id": given["id"], "grant": "operator", "scope": None, "name": None}
    ]
    assert registry.operator.ask("DELETE", f"/grants/{given['id']}").status_code == 200
    assert me.get("/grants").status_code == 403


def test_what_cannot_be_undone_needs_a_recent_sign_in(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    session, person = session_of(registry)
    registry.operator.made("/grants", person=person, grant="operator")
    shift(registry, monkeypatch, timedelta(minutes=31))
    answer = as_person(registry, session).post("/grants", {"person": person, "grant": "operator"})
    assert answer.status_code == 401
    assert "insufficient_user_authentication" in answer.headers["WWW-Authenticate"]


def test_keys_rotate_and_nobody_is_signed_out(registry: Registry, monkeypatch: pytest.MonkeyPatch):
    session, _ = session_of(registry)
    me = as_person(registry, session)
    keys = registry.anyone.get("/.well-known/jwks.json").json["keys"]
    assert registry.operator.post("/signing-keys/rotation").status_code == 200
    both = registry.anyone.get("/.well-known/jwks.json").json["keys"]
    assert (len(keys), len(both)) == (1, 2)
    assert all("d" not in key for key in both)  # the private half
    assert me.get("/me").status_code == 200
    shift(registry, monkeypatch, timedelta(minutes=11))
    assert as_person(registry, session).get("/me").status_code == 200
    shift(registry, monkeypatch, timedelta(minutes=25))
    registry.operator.post("/signing-keys/rotation")
    assert as_person(registry, session).get("/me").status_code == 200


def test_an_erased_person_is_signed_out_and_has_no_grant(registry: Registry):
    session, person = session_of(registry)
    registry.operator.made("/grants", person=person, grant="operator")
    me = as_person(registry, session)
    assert registry.operator.ask("DELETE", f"/people/{person}").status_code == 202
    assert me.get("/me").status_code == 401
    assert token_answer(registry, session).status_code == 400
    assert registry.operator.get("/grants").json["items"] == []


def test_a_grant_to_an_address_makes_the_person_where_nobody_has_it(registry: Registry):
    asked = {"email": "amara@people.example", "grant": "operator"}
    refused = registry.operator.post("/grants", asked)
    assert (refused.status_code, refused.json["errors"].keys()) == (422, {"name"})
    given = registry.operator.made("/grants", **asked, name="Amara Okafor")
    assert given["name"] == "Amara Okafor"
    again = registry.operator.post("/grants", asked)
    assert (again.status_code, again.json["id"]) == (200, given["id"])
    session, person = session_of(registry, "amara@people.example")
    assert person == given["person"]
    assert as_person(registry, session).get("/grants").json["items"][0]["name"] == "Amara Okafor"


@pytest.mark.parametrize("whom", [{}, {"person": "per_x", "email": "a@people.example"}])
def test_a_grant_is_to_one_person(registry: Registry, whom: dict[str, str]):
    answer = registry.operator.post("/grants", {"grant": "operator", **whom})
    assert (answer.status_code, answer.json["errors"].keys()) == (422, {"person"})


def test_a_lead_is_of_a_network_by_any_of_its_names(registry: Registry):
    network = registry.operator.made("/networks", name="Wessex", aliases=["HIW"])["id"]
    person = registry.operator.person("Ada")
    asked = {"person": person, "grant": "network-lead", "scope": "hiw"}
    assert registry.operator.made("/grants", **asked)["scope"] == network
    answer = registry.operator.post("/grants", asked | {"scope": "Kent"})
    assert (answer.status_code, answer.json["errors"].keys()) == (422, {"scope"})


def test_who_holds_a_grant_is_kept_for_it_until_it_ends(registry: Registry):
    asked = {"email": "amara@people.example", "grant": "operator", "name": "Amara"}
    given = registry.operator.made("/grants", **asked)
    path = f"/people/{given['person']}"
    purpose = {"purpose": f"grant, {given['id']}", "until": None}
    assert registry.operator.get(path).json["purposes"] == [purpose]
    registry.operator.ask("DELETE", f"/grants/{given['id']}")
    today = registry.service.clock.now().date().isoformat()
    assert registry.operator.get(path).json["purposes"] == [purpose | {"until": today}]
