"""Idempotency-Key: a POST that is sent again has one effect and one answer."""

from datetime import timedelta
from typing import Any

import pytest

from shared.web.idempotency import forget_old_keys
from tests.registry import OPERATOR_TO_COME, PERSON, SERVICE, Caller, Registry, at_once

BODY = {"name": "Falls", "domain": "Feet"}


def headers_of(answer: Any) -> tuple[str | None, ...]:
    return tuple(answer.headers.get(name) for name in ("Location", "ETag", "Content-Type"))


def test_the_same_request_again_has_the_same_answer_and_no_effect(each_registry: Registry):
    operator = each_registry.operator
    first = operator.post("/communities", BODY, Idempotency_Key="k1")
    again = operator.post("/communities", BODY, Idempotency_Key="k1")
    assert (again.status_code, again.data) == (201, first.data)
    assert headers_of(again) == headers_of(first)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(operator.events()) == 1


def test_the_first_answer_stays_though_things_have_changed_since(registry: Registry):
    first = registry.operator.post("/communities", BODY, Idempotency_Key="k1")
    registry.operator.changed(first.headers["Location"], name="New")
    again = registry.operator.post("/communities", BODY, Idempotency_Key="k1")
    assert (again.json["name"], again.headers["ETag"]) == ("Falls", '"1"')


def test_without_a_key_or_with_another_each_request_counts(registry: Registry):
    for headers in ({}, {}, {"Idempotency_Key": "k1"}, {"Idempotency_Key": "k2"}):
        assert registry.operator.post("/communities", BODY, **headers).status_code == 201
    assert len(registry.operator.events()) == 4


@pytest.mark.parametrize("body", [BODY | {"name": "Other"}, BODY | {"region": "Kent"}])
def test_the_same_key_with_another_body_is_422(each_registry: Registry, body: dict[str, Any]):
    operator = each_registry.operator
    operator.post("/communities", BODY, Idempotency_Key="k1")
    answer = operator.post("/communities", body, Idempotency_Key="k1")
    assert (answer.status_code, "another request" in answer.json["detail"]) == (422, True)
    assert len(operator.events()) == 1


def test_the_same_key_for_another_call_is_422(registry: Registry):
    registry.operator.post("/networks", {"name": "Wessex"}, Idempotency_Key="k1")
    answer = registry.operator.post("/organisations", {"name": "Wessex"}, Idempotency_Key="k1")
    assert answer.status_code == 422


def test_callers_have_keys_of_their_own(registry: Registry):
    for caller in (
        registry.operator,
        Caller(registry.app, SERVICE),
        Caller(registry.app, actor=PERSON),
    ):
        assert caller.post("/communities", BODY, Idempotency_Key="k1").status_code == 201
    next_token = Caller(registry.app, OPERATOR_TO_COME)
    again = next_token.post("/communities", BODY, Idempotency_Key="k1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(registry.operator.events()) == 3


def test_a_refused_request_leaves_its_key_free(each_registry: Registry):
    operator = each_registry.operator
    refused = operator.post("/communities", BODY | {"networks": ["X"]}, Idempotency_Key="k1")
    assert refused.status_code == 422
    assert operator.post("/communities", {"name": ""}, Idempotency_Key="k1").status_code == 422
    assert operator.post("/communities/com_x/reopening", Idempotency_Key="k1").status_code == 404
    assert operator.events() == []
    assert operator.post("/communities", BODY, Idempotency_Key="k1").status_code == 201


def test_a_request_that_the_state_forbade_may_be_sent_again_with_its_key(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    assert registry.operator.post(f"{at}/reopening", Idempotency_Key="k1").status_code == 409
    registry.operator.done(f"{at}/closure", ending="faded")
    again = registry.operator.post(f"{at}/reopening", Idempotency_Key="k1")
    assert (again.status_code, again.json["state"]) == (200, "active")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/communities", BODY),
        ("/networks", {"name": "Wessex"}),
        ("/organisations", {"name": "Solent"}),
        ("/people", {"name": "Ada", "email": "ada@people.example"}),
        ("COMMUNITY/stage", {"stage": "maturing"}),
        ("COMMUNITY/state", {"state": "dormant"}),
        ("COMMUNITY/closure", {"ending": "faded"}),
        ("COMMUNITY/roles", {"person": "PERSON", "role": "member", "from": "2026-01-01"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_post_of_a_thing_honours_the_key(registry: Registry, path: str, body: dict[str, Any]):
    operator = registry.operator
    path = path.replace("COMMUNITY", f"/communities/{operator.community()}")
    if "person" in body:
        body = body | {"person": operator.person()}
    first = operator.post(path, body, Idempotency_Key="k1")
    events = operator.events()
    again = operator.post(path, body, Idempotency_Key="k1")
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert operator.events() == events


def test_the_same_key_at_once_has_one_effect(each_registry: Registry):
    calls = [lambda: each_registry.operator.post("/communities", BODY, Idempotency_Key="k1")] * 8
    answers = at_once(*calls)
    done = [answer for answer in answers if answer.status_code == 201]
    busy = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(busy) == 8
    assert len({answer.data for answer in done}) == 1
    assert all(answer.headers["Retry-After"] == "1" for answer in busy)
    assert len(each_registry.operator.events()) == 1


def test_the_same_key_at_once_with_two_bodies_has_one_effect(each_registry: Registry):
    answers = at_once(
        *(
            lambda name=name: each_registry.operator.post(
                "/communities", BODY | {"name": name}, Idempotency_Key="k1"
            )
            for name in ("A", "B", "A", "B")
        )
    )
    assert {answer.status_code for answer in answers} <= {201, 409, 422}
    assert len({answer.data for answer in answers if answer.status_code == 201}) == 1
    assert len(each_registry.operator.events()) == 1


@pytest.mark.parametrize("key", ["", "k" * 201, "a\tb", "a\x7fb"])
def test_a_key_must_be_short_and_printable(registry: Registry, key: str):
    answer = registry.operator.post("/communities", BODY, Idempotency_Key=key)
    assert (answer.status_code, "1 to 200 printable" in answer.json["detail"]) == (422, True)


@pytest.mark.parametrize("key", ["k", "k" * 200, "'; DROP TABLE people; --", "é", "{}[]<>"])
def test_a_key_may_hold_whatever_can_be_printed(registry: Registry, key: str):
    for _ in range(2):
        answer = registry.operator.post("/communities", BODY, Idempotency_Key=key)
        assert answer.status_code == 201
    assert len(registry.operator.events()) == 1


def test_a_key_is_honoured_for_two_days(each_registry: Registry):
    operator, service = each_registry.operator, each_registry.service
    operator.post("/communities", BODY, Idempotency_Key="k1")
    now = service.clock.now()
    forget_old_keys(service.database, now + timedelta(days=2) - timedelta(minutes=1))
    again = operator.post("/communities", BODY, Idempotency_Key="k1")
    assert again.headers["Idempotency-Replayed"] == "true"
    forget_old_keys(service.database, now + timedelta(days=2, minutes=1))
    anew = operator.post("/communities", BODY, Idempotency_Key="k1")
    assert "Idempotency-Replayed" not in anew.headers


def test_a_key_on_a_change_of_a_named_version_is_no_trouble(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    headers = {"Idempotency_Key": "k1", "If_Match": '"1"'}
    first = registry.operator.post(f"{at}/stage", {"stage": "maturing"}, **headers)
    again = registry.operator.post(f"{at}/stage", {"stage": "maturing"}, **headers)
    assert (again.status_code, again.data) == (200, first.data)
