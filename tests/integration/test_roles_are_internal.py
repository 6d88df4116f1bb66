"""Who belongs to a community is internal; what was published of it is shown without people."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.registry.communities.jobs import copy_roles
from shared.eventstore.events import Cause, NewEvent, StreamAppend
from shared.projection.rebuild import rebuild_own
from tests.registry import Registry, open_registry, signed_in

STARTED, ENDED = "registry.community.role-started", "registry.community.role-ended"
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path) as found:
        yield found


def publish_as_before(registry: Registry, community: str, kind: str, **data: str) -> None:
    """Append an event as a release before this one did, to the community's public stream."""
    service = registry.service
    with service.write() as connection:
        version = len(service.store.load(connection, community))
        event = NewEvent(kind, 1, "public", json.dumps(data))
        append = StreamAppend(community, version, [event])
        stored = service.store.append(connection, [append], cause=Cause("before"), now=NOW)
        service.streams._project(connection, stored)


def role_of_the_past(registry: Registry) -> tuple[str, str]:
    """A community and the person who convened it from 2020, told to everyone then."""
    community, person = registry.operator.community(), registry.operator.person("Ada")
    role = {"role_id": "rol_00000000000000000001", "person": person, "role": "convener"}
    publish_as_before(registry, community, STARTED, **role, begins="2020-01-01")
    return community, person


def test_the_public_feed_shows_roles_of_the_past_without_people(registry: Registry):
    community, person = role_of_the_past(registry)
    publish_as_before(
        registry, community, ENDED, role_id="rol_00000000000000000001", ends="2024-01-01"
    )
    shown = [e for e in registry.anyone.get("/events").json["events"] if e["subject"] == community]
    assert [(e["type"], e["sequence"], e["data"]) for e in shown[1:]] == [
        (STARTED, "0000000002", {"role": "convener", "begins": "2020-01-01"}),
        (ENDED, "0000000003", {"ends": "2024-01-01"}),
    ]
    assert shown[1]["dataschema"].endswith(":2")
    assert person not in registry.anyone.get("/events").text


def test_copying_tells_the_services_of_roles_of_the_past_once(registry: Registry):
    community, person = role_of_the_past(registry)
    assert copy_roles(registry.service, NOW) == 1
    assert copy_roles(registry.service, NOW) == 0
    events = registry.operator.events("limit=1000")
    copies = [e for e in events if e["type"] == "registry.membership.started"]
    assert [(e["data"]["community"], e["data"]["person"]) for e in copies] == [(community, person)]
    assert (copies[0]["origin"], copies[0]["audience"]) == ("copied", "internal")


def test_what_a_release_that_is_being_replaced_still_publishes_is_copied_too(registry: Registry):
    community, _ = role_of_the_past(registry)
    copy_roles(registry.service, NOW)
    publish_as_before(
        registry, community, ENDED, role_id="rol_00000000000000000001", ends="2024-01-01"
    )
    assert copy_roles(registry.service, NOW) == 1
    ended = [e for e in registry.operator.events() if e["type"] == "registry.membership.ended"]
    assert [e["data"]["ends"] for e in ended] == ["2024-01-01"]


def test_a_role_of_the_past_counts_before_and_after_it_is_copied(registry: Registry):
    community, person = role_of_the_past(registry)
    path = f"/communities/{community}"
    for _ in range(2):
        roles = registry.operator.get(path).json["roles"]
        assert [(role["person"], role["name"]) for role in roles] == [(person, "Ada")]
        copy_roles(registry.service, NOW)


def test_a_rebuild_keeps_roles_of_the_past(registry: Registry):
    community, person = role_of_the_past(registry)
    service = registry.service
    shown = service.types.present_to_owner
    rebuild_own(service.database, service.store, service.own, present=shown)
    roles = registry.operator.get(f"/communities/{community}").json["roles"]
    assert [role["person"] for role in roles] == [person]


def test_new_roles_are_in_no_public_event(registry: Registry):
    community, person = registry.operator.community(), registry.operator.person("Ada")
    body = {"person": person, "role": "convener", "from": "2020-01-01"}
    registry.operator.made(f"/communities/{community}/roles", **body)
    public = registry.anyone.get("/events")
    assert person not in public.text
    assert "registry.community.convener-found" in public.text


def test_roles_are_shown_to_those_who_may_see_them(registry: Registry):
    operator, app = registry.operator, registry.app
    community = operator.community()
    people = {}
    for name, role in (("Ada", "convener"), ("Bo", "member"), ("Cy", "member")):
        people[name] = operator.person(name, email=f"{name.lower()}@people.example")
        body = {"person": people[name], "role": role, "from": "2020-01-01"}
        operator.made(f"/communities/{community}/roles", **body)
    path = f"/communities/{community}"

    def names(caller) -> list[str]:
        return sorted(role["name"] for role in caller.get(path).json["roles"])

    assert names(registry.anyone) == []
    assert names(signed_in(app, "dee@people.example", "Dee")) == ["Ada"]
    assert names(signed_in(app, "bo@people.example")) == ["Ada", "Bo"]
    assert names(signed_in(app, "ada@people.example")) == names(operator) == ["Ada", "Bo", "Cy"]
    listed = registry.anyone.get("/communities").json["items"][0]
    assert listed["roles"] == []


def test_history_tells_anyone_of_changes_but_not_of_people(registry: Registry):
    community, person = role_of_the_past(registry)
    new = registry.operator.person("Bo")
    body = {"person": new, "role": "member", "from": "2026-01-01"}
    registry.operator.made(f"/communities/{community}/roles", **body)
    path = f"/communities/{community}/history"
    told = registry.anyone.get(path)
    assert "Somebody is convener from 2020-01-01." in told.text
    assert person not in told.text
    assert new not in told.text
    whole = registry.operator.get(path)
    assert person in whole.text
    assert new in whole.text
