"""Who may do what: tokens, on whose behalf, and what is open to anyone."""

import hmac
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from shared.web import callers
from tests.integration.services import SERVICES, app_of
from tests.registry import (
    OPERATOR,
    OPERATOR_TO_COME,
    PERSON,
    SERVICE,
    Caller,
    Registry,
    open_registry,
)

PROBLEM = "application/problem+json"
# Calls that change nothing, though they are not GET.
OPEN = {
    ("registry", "POST", "/sign-ins"),
    ("registry", "POST", "/sign-ins/<sign_in>/completion"),
    ("registry", "POST", "/sign-ins/completion"),
    ("registry", "POST", "/sign-ins/with"),
    ("registry", "POST", "/sign-ins/with/completion"),
    ("registry", "POST", "/sign-ins/with/<confirmation>/confirmation"),
    ("registry", "POST", "/oauth/token"),
    ("discovery", "POST", "/related"),
    ("discovery", "POST", "/link/<signed>"),
    ("notifications", "POST", "/unsubscribe/<signed>"),  # the signed link is what lets one
    ("notifications", "POST", "/preferences/<signed>"),
    ("scheduling", "POST", "/programmes/<programme>/plan"),
    # What is signed in these addresses takes the token's place.
    *(("scheduling", "POST", f"/{page}/<signed>") for page in ("sponsor", "application")),
    *(("scheduling", "POST", f"/{page}/<signed>") for page in ("reply", "guest")),
    ("discovery", "POST", "/link/<signed>"),
}


@pytest.mark.parametrize("token", [OPERATOR, None])
def test_nobody_but_the_platform_says_that_something_is_of_the_example(
    registry: Registry, token: str | None
):
    body, origin = {"name": "Falls", "domain": "Feet"}, {"Hedgerow-Origin": "example"}
    answer = Caller(registry.app, token).post("/communities", body, **origin)
    assert answer.status_code == 403
    assert "Hedgerow-Origin" in answer.json["detail"]
    assert registry.anyone.get("/communities").json["items"] == []


def test_what_the_platform_says_is_of_the_example_is_marked_as_that(registry: Registry):
    body, platform = {"name": "Falls", "domain": "Feet"}, Caller(registry.app, SERVICE)
    assert platform.post("/communities", body, Hedgerow_Origin="other").status_code == 403
    platform.post("/communities", body, Hedgerow_Origin="example")
    platform.post("/communities", body, X_Correlation_ID="example-landscape")
    events = platform.get("/events").json["events"]
    assert [event.get("origin") for event in events] == ["example", None]


def routes(app: Flask) -> list[tuple[str, Rule]]:
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    ]


def address(rule: Rule) -> str:
    """The rule's address with something in each of its places."""
    values: dict[str, Any] = dict.fromkeys(rule.arguments, "x")
    values |= {"number": 1, "version": 1} if rule.arguments & {"number", "version"} else {}
    values |= {"action": "retry"} if "action" in rule.arguments else {}
    values |= {"role": "speaker"} if "role" in rule.arguments else {}
    built = rule.build({k: v for k, v in values.items() if k in rule.arguments})
    assert built is not None, rule.rule
    return str(built[1])


@pytest.mark.parametrize("service", SERVICES)
def test_every_call_that_changes_something_needs_a_token(service: str, tmp_path: Path):
    app = app_of(service, tmp_path)
    anyone = Caller(app, None)
    asked = 0
    for method, rule in routes(app):
        if method == "GET" or (service, method, rule.rule) in OPEN:
            continue
        answer = anyone.ask(method, address(rule))
        assert (answer.status_code, answer.content_type) == (401, PROBLEM), (method, rule.rule)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        asked += 1
    assert asked >= (15 if service == "registry" else 2)


def test_every_call_about_people_needs_a_token(registry: Registry):
    person = registry.operator.person("Ada", email="ada@people.example")
    for at in ("/people", f"/people/{person}", "/people?limit=1"):
        answer = registry.anyone.get(at)
        assert (answer.status_code, "Ada" in answer.text) == (401, False)


def test_a_refusal_for_want_of_a_token_says_where_to_find_one(registry: Registry):
    answer = registry.anyone.post("/communities", {"name": "a", "domain": "d"})
    assert "Authorization: Bearer TOKEN" in answer.json["detail"]
    assert "operator_token" in answer.json["detail"]


@pytest.mark.parametrize(
    "header",
    [
        *("Bearer wrong", "Bearer", "Bearer ", "Basic b3BlcmF0b3I6eA==", "bearer", "", "x y z"),
        *(OPERATOR, f"Token {OPERATOR}", f"Bearer {OPERATOR}x", f"Bearer {OPERATOR[:-1]}"),
        *(f"Bearer {OPERATOR.upper()}", f"Bearer {OPERATOR},{OPERATOR_TO_COME}", "Bearer \xe9"),
    ],
)
def test_a_wrong_token_is_401_everywhere(registry: Registry, header: str):
    for method, path in (("GET", "/communities"), ("POST", "/communities"), ("GET", "/events")):
        answer = registry.anyone.ask(method, path, headers={"Authorization": header})
        assert (answer.status_code, answer.content_type) == (401, PROBLEM)
        assert OPERATOR not in answer.text


@pytest.mark.parametrize("token", [OPERATOR, OPERATOR_TO_COME, SERVICE])
def test_each_token_there_is_lets_its_bearer_in(registry: Registry, token: str):
    caller = Caller(registry.app, token)
    caller.community()
    assert caller.get("/status").status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_scheme_may_be_written_in_any_case(registry: Registry, scheme: str):
    answer = registry.anyone.get("/people", Authorization=f"{scheme} {OPERATOR}")
    assert answer.status_code == 200


def test_every_token_is_compared_in_constant_time(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    compared: list[bytes] = []

    class Watched:
        @staticmethod
        def compare_digest(one: bytes, other: bytes) -> bool:
            compared.append(other)
            return hmac.compare_digest(one, other)

    monkeypatch.setattr(callers, "hmac", Watched)
    for token in (OPERATOR, OPERATOR_TO_COME, SERVICE, "wrong"):
        compared.clear()
        registry.anyone.get("/health/live", Authorization=f"Bearer {token}")
        assert [c.decode() for c in compared] == [OPERATOR, OPERATOR_TO_COME, SERVICE]


def test_a_token_in_a_file_is_read_anew_when_it_changes(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("the-first-token-of-all\n")
    environ = {"OPERATOR_TOKEN": "", "OPERATOR_TOKEN_FILE": str(file)}
    with open_registry(f"sqlite:///{tmp_path / 'r.db'}", tmp_path, **environ) as registry:
        assert Caller(registry.app, "the-first-token-of-all").get("/people").status_code == 200
        file.write_text("the-first-token-of-all, the-second-token-of-all")
        assert Caller(registry.app, "the-second-token-of-all").get("/people").status_code == 200
        file.write_text("the-second-token-of-all")
        assert Caller(registry.app, "the-first-token-of-all").get("/people").status_code == 401


@pytest.mark.parametrize(
    "actor", ["ada", "com_00000000000000000000", "per_", "per_x", "", "per_\xe9"]
)
def test_on_whose_behalf_must_be_a_persons_id(registry: Registry, actor: str):
    answer = registry.operator.get("/communities", Hedgerow_Actor=actor)
    assert (answer.status_code, "Hedgerow-Actor" in answer.json["detail"]) == (422, True)


def test_without_a_token_nobody_acts_for_anybody(registry: Registry):
    answer = registry.anyone.get("/communities", Hedgerow_Actor=PERSON)
    assert answer.status_code == 200
    assert registry.anyone.post("/communities", {}, Hedgerow_Actor=PERSON).status_code == 401


def test_internal_events_are_for_those_with_a_token(registry: Registry):
    registry.operator.person()
    registry.operator.community()
    assert [e["audience"] for e in registry.anyone.events()] == ["public"]
    for token in (OPERATOR, SERVICE):
        seen = [e["audience"] for e in Caller(registry.app, token).events()]
        assert seen == ["internal", "public"]
    assert registry.anyone.events("types=registry.person.registered") == []
