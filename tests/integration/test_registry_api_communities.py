"""Communities over HTTP: registered, read, changed; refusals that say what to mend."""

from typing import Any

import pytest

from shared.clock import rfc3339
from tests.registry import OPERATOR, PERSON, Caller, Registry

PROBLEM = "application/problem+json"
MOST: dict[str, Any] = {
    "name": "Falls in care homes",
    "domain": "Keeping people on their feet.\n\nIn care homes first.",
    "topics": ["falls", "frailty"],
    "practice": "Case conversations",
    "learning_question": "What helps?",
    "sectors": ["social care"],
    "region": "Wessex",
    "stage": "coalescing",
    "state": "proposed",
    "external_id": "7",
    "url": "https://falls.example/?a=1#b",
}


def test_registering_answers_201_with_location_etag_and_the_community(each_registry: Registry):
    answer = each_registry.operator.post("/communities", MOST)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/communities/{answer.json['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert answer.content_type == "application/json"
    assert {name: answer.json[name] for name in MOST} == MOST
    read = each_registry.anyone.get(answer.headers["Location"])
    assert (read.status_code, read.json, read.headers["ETag"]) == (200, answer.json, '"1"')


def test_what_was_left_out_has_its_plain_default(registry: Registry):
    found = registry.operator.made("/communities", name="Falls", domain="Feet")
    empty_lists = ("topics", "sectors", "networks", "roles", "successors", "predecessors")
    empty_texts = ("practice", "learning_question", "region")
    nothing = ("organisation", "stage", "url", "external_id", "source", "ending")
    assert [found[name] for name in empty_lists] == [[]] * 6
    assert [found[name] for name in empty_texts] == [""] * 3
    assert [found[name] for name in nothing] == [None] * 6
    assert (found["state"], found["needs_convener"], found["unclaimed"]) == ("active", True, False)
    assert found["registered_at"] == found["changed_at"]
    assert found["version"] == 1


def test_names_need_not_be_unique(registry: Registry):
    one, two = registry.operator.community("Falls"), registry.operator.community("Falls")
    assert one != two
    assert len(registry.anyone.get("/communities").json["items"]) == 2


def test_networks_are_named_by_id_name_former_name_or_alias(each_registry: Registry):
    operator = each_registry.operator
    wessex = operator.made(
        "/networks",
        name="Health Innovation Wessex",
        aliases=["HI Wessex"],
        names=[{"name": "Wessex AHSN", "to": "2023-09-30"}],
    )["id"]
    named = [wessex, "health innovation  wessex", "wessex ahsn", "HI Wessex"]
    for name in named:
        answer = operator.made("/communities", name="A", domain="d", networks=[name])
        assert answer["networks"] == [wessex]
    all_at_once = operator.made("/communities", name="A", domain="d", networks=named)
    assert all_at_once["networks"] == [wessex]


def test_every_unknown_reference_is_told_at_once(registry: Registry):
    body = {"name": "A", "domain": "d", "networks": ["Nowhere", "Nobody"], "organisation": "org_x"}
    answer = registry.operator.post("/communities", body)
    assert answer.status_code == 422
    assert answer.json["errors"] == {
        "networks": [
            "'Nowhere' is no network's id, name or alias",
            "'Nobody' is no network's id, name or alias",
        ],
        "organisation": ["'org_x' is no organisation's id"],
    }
    assert registry.operator.events() == []


def test_every_wrong_field_is_told_at_once_in_plain_english(registry: Registry):
    body = {
        "name": "x" * 201,
        "topics": ["fine", ""],
        "practice": None,
        "sectors": "social care",
        "stage": "grown-up",
        "state": "closed",
        "url": "ftp://falls.example",
        "colour": "green",
        "id": "com_mine",
    }
    answer = registry.operator.post("/communities", body)
    assert (answer.status_code, answer.content_type) == (422, PROBLEM)
    assert answer.json["errors"] == {
        "name": ["is 201 characters long; at most 200 are taken"],
        "domain": ["is required"],
        "topics.1": ["must not be empty"],
        "practice": ["must not be null"],
        "sectors": ["must be a list of texts"],
        "stage": ["must be one of: potential, coalescing, maturing, stewardship, transformation"],
        "state": ["must be one of: proposed, active"],
        "url": ["must be an address that begins with http:// or https://, without a user's name"],
        "colour": ["is not a field here"],
        "id": ["is not a field here"],
    }
    assert answer.json["detail"].startswith("10 things need mending")
    assert "Nothing was changed" in answer.json["detail"]
    assert registry.operator.events() == []


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("community", ["com_00000000000000000000", "com_x", "net_1", "%C3%A9"])
def test_a_community_that_is_not_there_is_404(registry: Registry, method: str, community: str):
    answer = registry.operator.ask(
        method, f"/communities/{community}", json={"name": "B"}, headers={"If-Match": "*"}
    )
    assert (answer.status_code, answer.content_type) == (404, PROBLEM)
    assert "There is no community" in answer.json["detail"]


def test_a_network_is_no_community(registry: Registry):
    network = registry.operator.made("/networks", name="Wessex")["id"]
    now = rfc3339(registry.service.clock.now())
    for path in ("", "/history", f"?as_of={now}"):
        assert registry.anyone.get(f"/communities/{network}{path}").status_code == 404


def test_a_change_answers_the_whole_community_with_its_new_etag(each_registry: Registry):
    community = each_registry.operator.community(region="Wessex")
    answer = each_registry.operator.patch(f"/communities/{community}", {"name": "New"}, '"1"')
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert (answer.json["name"], answer.json["region"]) == ("New", "Wessex")
    assert each_registry.anyone.get(f"/communities/{community}").json == answer.json


def test_a_change_without_if_match_is_428_and_says_why(registry: Registry):
    community = registry.operator.community()
    answer = registry.operator.patch(f"/communities/{community}", {"name": "New"})
    assert (answer.status_code, answer.content_type) == (428, PROBLEM)
    assert "If-Match" in answer.json["detail"]
    assert registry.anyone.get(f"/communities/{community}").json["name"] == "Falls"


@pytest.mark.parametrize(
    "etag", ['"2"', '"0"', "nonsense", '"1x"', '"-1"', '"99999999999999"', '""']
)
def test_a_change_of_another_version_is_412_and_changes_nothing(registry: Registry, etag: str):
    community = registry.operator.community()
    answer = registry.operator.patch(f"/communities/{community}", {"name": "New"}, etag)
    assert (answer.status_code, answer.content_type) == (412, PROBLEM)
    assert "Read it anew" in answer.json["detail"]
    assert registry.anyone.get(f"/communities/{community}").headers["ETag"] == '"1"'


@pytest.mark.parametrize("etag", ['"1"', 'W/"1"', ' "1" ', "*"])
def test_the_present_version_may_be_named_in_each_usual_way(registry: Registry, etag: str):
    community = registry.operator.community()
    answer = registry.operator.patch(f"/communities/{community}", {"name": "New"}, etag)
    assert answer.status_code == 200


def test_a_change_to_what_it_is_already_writes_no_event(registry: Registry):
    community = registry.operator.community("Falls", topics=["falls"])
    same = {"name": " Falls ", "topics": ["falls", "FALLS"], "url": None, "networks": []}
    answer = registry.operator.patch(f"/communities/{community}", same, '"1"')
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert len(registry.operator.events()) == 1


def test_a_change_that_names_nothing_is_refused(registry: Registry):
    community = registry.operator.community()
    answer = registry.operator.patch(f"/communities/{community}", {}, '"1"')
    assert (answer.status_code, answer.json["detail"]) == (
        422,
        "The body names nothing to change.",
    )


@pytest.mark.parametrize("field", ["stage", "state"])
def test_stage_and_state_have_calls_of_their_own(registry: Registry, field: str):
    community = registry.operator.community()
    answer = registry.operator.patch(f"/communities/{community}", {field: "active"}, '"1"')
    assert answer.json["errors"] == {field: ["is not a field here"]}


@pytest.mark.parametrize("field", ["organisation", "url", "external_id"])
def test_null_clears_what_may_be_missing(registry: Registry, field: str):
    operator = registry.operator
    trust = operator.made("/organisations", name="Solent")["id"]
    full = {"organisation": trust, "url": "https://falls.example", "external_id": "7"}
    community = operator.community(**full)
    assert operator.changed(f"/communities/{community}", **{field: None})[field] is None
    event = operator.events()[-1]
    assert event["data"] == {field: ""}


def test_a_community_that_was_read_already_is_304_without_a_body(registry: Registry):
    community = registry.operator.community()
    at = f"/communities/{community}"
    again = registry.anyone.get(at, If_None_Match='"1"')
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", '"1"')
    registry.operator.changed(at, name="New")
    assert registry.anyone.get(at, If_None_Match='"1"').status_code == 200
    assert registry.anyone.get(at, If_None_Match='"1", "2"').status_code == 304
    assert registry.anyone.get(at, If_None_Match="*").status_code == 304


def test_head_answers_as_get_does_without_the_body(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    answer = registry.anyone.ask("HEAD", at)
    assert (answer.status_code, answer.headers["ETag"], answer.data) == (200, '"1"', b"")


def test_on_whose_behalf_is_in_the_history_and_in_no_event(registry: Registry):
    actor = Caller(registry.app, OPERATOR, PERSON)
    community = actor.community()
    at = f"/communities/{community}/history"
    assert registry.operator.get(at).json["items"][0]["by"] == PERSON
    assert registry.anyone.get(at).json["items"][0]["by"] is None
    assert PERSON not in registry.operator.get("/events").text


def test_an_address_that_is_not_there_is_404_and_another_method_405(registry: Registry):
    lost = registry.anyone.get("/comunities")
    assert (lost.status_code, lost.content_type) == (404, PROBLEM)
    assert "/docs" in lost.json["detail"]
    other = registry.operator.ask("DELETE", "/communities")
    assert (other.status_code, other.content_type) == (405, PROBLEM)
    assert {"GET", "POST"} <= set(other.headers["Allow"].split(", "))
