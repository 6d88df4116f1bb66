"""What a suspension at the registry comes to in services that have followed it."""

from typing import Any

import msgspec
import pytest

from tests.discovery import Discovery
from tests.registry import Registry
from tests.scheduling import Scheduling


@pytest.fixture(params=["scheduling", "discovery"])
def follower(request: pytest.FixtureRequest) -> Scheduling | Discovery:
    found = request.getfixturevalue({"discovery": "discoverer"}.get(request.param, request.param))
    assert isinstance(found, Scheduling | Discovery)
    return found


def follow(registry: Registry, follower: Scheduling | Discovery, stream: str) -> None:
    """The follower hears what the registry has recorded since it last did."""
    with registry.service.database.read() as connection:
        events = registry.service.store.load(connection, stream)
    for event in events[follower.versions.get(stream, 0) :]:
        data: dict[str, Any] = msgspec.json.decode(event.data)
        follower.hears(event.type, stream, **data)


def test_tokens_of_a_suspended_person_are_refused_until_they_are_restored(
    registry: Registry, follower: Scheduling | Discovery
):
    person = registry.operator.person("Ada", email="ada@people.example")
    follow(registry, follower, person)
    ada = follower.signed_in(person)
    path = f"/people/{person}/reads"
    assert ada.get(path).status_code == 200
    registry.operator.done(f"/people/{person}/suspension", reason="a test")
    follow(registry, follower, person)
    answer = ada.get(path)
    assert (answer.status_code, "ended" in answer.json["detail"]) == (401, True)
    assert registry.operator.ask("DELETE", f"/people/{person}/suspension").status_code == 200
    follow(registry, follower, person)
    assert follower.signed_in(person).get(path).status_code == 200


def test_the_links_of_a_suspended_person_stop(registry: Registry, scheduling: Scheduling):
    person = registry.operator.person("Ada", email="ada@people.example")
    follow(registry, scheduling, person)
    made = scheduling.operator.post(f"/people/{person}/calendar-link")
    path = made.json["url"].partition("/calendars/")[2]
    assert scheduling.anyone.get(f"/calendars/{path}").status_code == 200
    registry.operator.done(f"/people/{person}/suspension", reason="a test")
    follow(registry, scheduling, person)
    assert scheduling.anyone.get(f"/calendars/{path}").status_code == 404
