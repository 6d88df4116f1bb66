"""Stages, states, endings and roles over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from tests.registry import Registry, at_once


def test_a_stage_is_set_and_answers_the_community_with_its_etag(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    answer = registry.operator.post(f"{at}/stage", {"stage": "maturing"})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert answer.json == registry.anyone.get(at).json
    assert answer.json["stage"] == "maturing"


def test_a_proposed_community_becomes_active_then_dormant_then_active(registry: Registry):
    at = f"/communities/{registry.operator.community(state='proposed')}"
    for state in ("active", "dormant", "active"):
        assert registry.operator.done(f"{at}/state", state=state)["state"] == state


def test_an_unlawful_change_of_state_is_409_with_what_is_lawful(registry: Registry):
    at = f"/communities/{registry.operator.community(state='proposed')}"
    answer = registry.operator.post(f"{at}/state", {"state": "dormant"})
    assert answer.status_code == 409
    assert answer.json["errors"] == {
        "state": ["A community that is proposed can become active, not dormant."]
    }


def test_closed_is_no_state_to_set(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    answer = registry.operator.post(f"{at}/state", {"state": "closed"})
    assert answer.json["errors"] == {"state": ["must be one of: proposed, active, dormant"]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("stage", {"stage": "maturing"}),
        ("state", {"state": "dormant"}),
        ("closure", {"ending": "faded"}),
    ],
)
def test_an_action_honours_if_match_where_it_is_given(registry: Registry, path: str, body: Any):
    operator = registry.operator
    at = f"/communities/{operator.community()}"
    stale = operator.post(f"{at}/{path}", body, If_Match='"7"')
    assert stale.status_code == 412
    assert registry.anyone.get(at).headers["ETag"] == '"1"'
    assert operator.post(f"{at}/{path}", body, If_Match='"1"').status_code in (200, 201)


def test_a_role_honours_the_etag_of_the_communitys_roles(registry: Registry):
    operator = registry.operator
    at = f"/communities/{operator.community()}/roles"
    body = {"person": operator.person(), "role": "member", "from": "2026-01-01"}
    assert operator.post(at, body, If_Match='"7"').status_code == 412
    assert operator.post(at, body, If_Match='"0"').headers["ETag"] == '"1"'
    other = body | {"person": operator.person()}
    assert operator.post(at, other, If_Match='"0"').status_code == 412


def test_reopening_honours_if_match_too(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    registry.operator.done(f"{at}/closure", ending="faded")
    assert registry.operator.post(f"{at}/reopening", If_Match='"1"').status_code == 412
    assert registry.operator.post(f"{at}/reopening", If_Match='"2"').status_code == 200


@pytest.mark.parametrize("path", ["stage", "state", "closure", "reopening", "roles"])
def test_an_action_on_no_community_is_404(registry: Registry, path: str):
    bodies = {
        "stage": {"stage": "maturing"},
        "state": {"state": "active"},
        "closure": {"ending": "faded"},
        "roles": {"person": "per_x", "role": "member", "from": "2026-01-01"},
    }
    answer = registry.operator.post(f"/communities/com_x/{path}", bodies.get(path))
    assert answer.status_code == 404


def test_a_merged_community_shows_its_successor_and_the_successor_its_predecessor(
    each_registry: Registry,
):
    operator = each_registry.operator
    old, new = operator.community("Old"), operator.community("New")
    closed = operator.done(f"/communities/{old}/closure", ending="merged", into=[new])
    assert (closed["state"], closed["ending"], closed["successors"]) == ("closed", "merged", [new])
    assert closed["needs_convener"] is False
    assert each_registry.anyone.get(f"/communities/{new}").json["predecessors"] == [old]
    kinds = [event["type"].rpartition(".")[2] for event in operator.events()[2:]]
    assert kinds == ["closed", "succession-noted"]
    assert len({event["correlationid"] for event in operator.events()[2:]}) == 1


def test_a_merged_community_that_is_reopened_is_no_predecessor_any_more(each_registry: Registry):
    operator = each_registry.operator
    old, new = operator.community("Old"), operator.community("New")
    operator.done(f"/communities/{old}/closure", ending="merged", into=[new])
    assert operator.done(f"/communities/{old}/reopening")["successors"] == []
    assert each_registry.anyone.get(f"/communities/{new}").json["predecessors"] == []
    last = each_registry.anyone.get(f"/communities/{new}/history").json["items"][-1]["sentence"]
    assert last == f"The community {old} was reopened: it does not go on in this one."


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"ending": "merged"}, 422, "into"),
        ({"ending": "split", "into": []}, 422, "into"),
        ({"ending": "faded", "into": ["NEW"]}, 422, "into"),
        ({"ending": "merged", "into": ["com_x"]}, 422, "into"),
        ({"ending": "merged", "into": ["OLD"]}, 422, "into"),
        ({"ending": "merged", "into": ["NEW", "OLD"]}, 422, "into"),
        ({"ending": "merged", "into": ["CLOSED"]}, 422, "into"),
        ({"ending": "merged", "into": "NEW"}, 422, "into"),
        ({"ending": "ended"}, 422, "ending"),
        ({}, 422, "ending"),
    ],
)
def test_a_closing_that_cannot_be_is_refused_and_changes_neither_side(
    registry: Registry, body: dict[str, Any], status: int, field: str
):
    operator = registry.operator
    ids = {name: operator.community(name) for name in ("OLD", "NEW", "CLOSED")}
    operator.done(f"/communities/{ids['CLOSED']}/closure", ending="faded")
    if isinstance(body.get("into"), list):
        body = body | {"into": [ids.get(name, name) for name in body["into"]]}
    before = len(operator.events())
    answer = operator.post(f"/communities/{ids['OLD']}/closure", body)
    assert (answer.status_code, list(answer.json["errors"])) == (status, [field])
    assert len(operator.events()) == before


def test_two_that_close_into_each_other_at_once_never_both_do(each_registry: Registry):
    operator = each_registry.operator
    one, two = operator.community("One"), operator.community("Two")
    into = {one: two, two: one}
    answers = at_once(
        *(
            lambda c=c: each_registry.operator.post(
                f"/communities/{c}/closure", {"ending": "merged", "into": [into[c]]}
            )
            for c in (one, two)
        )
    )
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert sorted(answer.status_code for answer in answers)[1] in (409, 422)
    states = {each_registry.anyone.get(f"/communities/{c}").json["state"] for c in (one, two)}
    assert states == {"active", "closed"}


def test_a_closed_community_refuses_change_until_it_is_reopened(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    registry.operator.done(f"{at}/closure", ending="faded")
    refused = registry.operator.patch(at, {"name": "New"}, "*")
    assert (refused.status_code, refused.json["detail"]) == (
        409,
        "This community is closed. Reopen it first.",
    )
    assert registry.operator.post(f"{at}/closure", {"ending": "faded"}).status_code == 409
    assert registry.operator.done(f"{at}/reopening")["state"] == "active"
    assert registry.operator.post(f"{at}/reopening").status_code == 409
    assert registry.operator.changed(at, name="New")["name"] == "New"


def test_a_role_begins_201_and_is_shown_at_its_location_and_in_the_community(
    each_registry: Registry,
):
    operator = each_registry.operator
    person, community = operator.person(), operator.community()
    body = {"person": person, "role": "convener", "from": "2025-01-01"}
    answer = operator.post(f"/communities/{community}/roles", body)
    role = answer.json["id"]
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/communities/{community}/roles/{role}"
    assert answer.headers["ETag"] == '"1"'
    shown = operator.get(f"/communities/{community}")
    assert shown.json["roles"] == [body | {"id": role, "name": "Ada", "to": None}]
    assert shown.json["needs_convener"] is False
    at_location = operator.get(answer.headers["Location"])
    assert (at_location.status_code, at_location.json) == (200, answer.json)


def test_ending_the_last_conveners_role_is_told_and_not_blocked(registry: Registry):
    operator = registry.operator
    at = f"/communities/{operator.community()}"
    body = {"person": operator.person(), "role": "convener", "from": "2025-01-01"}
    made = operator.post(f"{at}/roles", body)
    role_at = made.headers["Location"]
    ended = operator.patch(role_at, {"to": "2025-06-01"}, made.headers["ETag"])
    assert (ended.status_code, ended.json["to"], ended.headers["ETag"]) == (
        200,
        "2025-06-01",
        '"2"',
    )
    assert registry.anyone.get(at).json["needs_convener"] is True
    assert {event["type"] for event in operator.events()[-2:]} == {
        "registry.community.convener-needed",
        "registry.membership.ended",
    }


def test_ending_a_role_needs_if_match_as_every_patch_does(registry: Registry):
    operator = registry.operator
    at = f"/communities/{operator.community()}"
    body = {"person": operator.person(), "role": "convener", "from": "2025-01-01"}
    role_at = operator.post(f"{at}/roles", body).headers["Location"]
    assert operator.patch(role_at, {"to": "2025-06-01"}).status_code == 428
    assert operator.patch(role_at, {"to": "2025-06-01"}, '"7"').status_code == 412
    assert registry.anyone.get(at).json["needs_convener"] is False


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"person": "per_x"}, {"person": ["'per_x' is no person's id"]}),
        ({"role": "chair"}, {"role": ["must be one of: convener, co-convener, member"]}),
        ({"from": "1 May"}, {"from": ["must be a date such as 2026-03-01"]}),
        ({"from": "2026-02-30"}, {"from": ["must be a date such as 2026-03-01"]}),
        ({"from": 5}, {"from": ["must be a date such as 2026-03-01"]}),
        ({"to": "2025-01-01"}, {"to": ["A role ends after the day on which it begins."]}),
        ({"begins": "2025-01-01"}, {"begins": ["is not a field here"]}),
    ],
)
def test_a_role_that_cannot_be_is_refused_by_field(
    registry: Registry, change: dict[str, Any], errors: dict[str, Any]
):
    operator = registry.operator
    body = {"person": operator.person(), "role": "convener", "from": "2025-01-01"} | change
    answer = operator.post(f"/communities/{operator.community()}/roles", body)
    assert (answer.status_code, answer.json["errors"]) == (422, errors)


def test_the_same_person_in_the_same_role_twice_is_409(registry: Registry):
    operator = registry.operator
    body = {"person": operator.person(), "role": "member", "from": "2025-01-01"}
    at = f"/communities/{operator.community()}/roles"
    operator.made(at, **body)
    answer = operator.post(at, body)
    assert (answer.status_code, list(answer.json["errors"])) == (409, ["from"])


@pytest.mark.parametrize("role", ["rol_x", "rol_00000000000000000000"])
def test_a_role_that_is_not_there_is_404(registry: Registry, role: str):
    at = f"/communities/{registry.operator.community()}/roles/{role}"
    assert registry.operator.patch(at, {"to": "2025-06-01"}, "*").status_code == 404
    assert registry.operator.get(at).status_code == 404


def test_a_role_that_begins_tomorrow_convenes_nothing_yet(registry: Registry):
    operator = registry.operator
    at = f"/communities/{operator.community()}"
    tomorrow = registry.service.clock.now().date() + timedelta(days=1)
    body = {"person": operator.person(), "role": "convener", "from": tomorrow.isoformat()}
    operator.made(f"{at}/roles", **body)
    assert registry.anyone.get(at).json["needs_convener"] is True
