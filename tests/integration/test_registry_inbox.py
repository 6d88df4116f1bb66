"""What waits for a person at the registry, and which communities are theirs."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.registry import OPERATOR, SERVICE, Caller, Registry, open_registry, signed_in

ADA = "ada@people.example"


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def ada(registry: Registry) -> Caller:
    return signed_in(registry.app, ADA, "Ada")


def id_of(person: Caller) -> str:
    return str(person.get("/me").json["id"])


def inbox(person: Caller) -> list[Any]:
    answer = person.get(f"/people/{id_of(person)}/inbox")
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


def role(registry: Registry, community: str, person: str, role: str, **dates: str) -> str:
    body = {"person": person, "role": role, "from": "2026-01-01"} | dates
    return str(registry.operator.made(f"/communities/{community}/roles", **body)["id"])


def test_a_new_address_waits_to_be_confirmed(registry: Registry, ada: Caller):
    path = f"/people/{id_of(ada)}/address-changes"
    change = ada.post(path, {"email": "ada@home.example"}).json["address_change"]
    (item,) = inbox(ada)
    assert (item["type"], item["id"], item["title"]) == (
        *("address-to-confirm", change, "ada@home.example"),
    )
    assert item["action"] == f"{path}/{change}/completion"
    assert item["due"] > item["since"]


def test_who_convenes_is_told_in_time_that_their_role_ends(registry: Registry, ada: Caller):
    today = registry.service.clock.now().date()
    soon, later = (str(today + timedelta(days=days)) for days in (20, 40))
    person = id_of(ada)
    falls, sleep = registry.operator.community("Falls"), registry.operator.community("Sleep")
    ends = role(registry, falls, person, "convener", to=soon)
    role(registry, sleep, person, "convener", to=later)
    role(registry, sleep, person, "member", to=soon)
    (item,) = inbox(ada)
    assert (item["type"], item["id"], item["title"]) == ("role-ends", ends, "Falls")
    assert item["due"].startswith(soon)


def test_operators_are_told_of_communities_to_look_at(registry: Registry, ada: Caller):
    proposed = registry.operator.community("New", state="proposed")
    alone = registry.operator.community("Alone")
    role(registry, alone, registry.operator.person("Bo"), "convener", to="2026-02-01")
    assert inbox(ada) == []
    registry.operator.made("/grants", person=id_of(ada), grant="operator")
    found = {(item["type"], item["title"]) for item in inbox(ada)}
    assert ("community-proposed", "New") in found
    assert ("convener-needed", "Alone") in found
    assert proposed in {item["id"] for item in inbox(ada)}


def test_communities_are_listed_by_who_has_a_role_in_them_today(registry: Registry, ada: Caller):
    person = id_of(ada)
    falls, sleep, past = (registry.operator.community(name) for name in ("Falls", "Sleep", "Past"))
    role(registry, falls, person, "convener")
    role(registry, sleep, person, "member")
    role(registry, past, person, "convener", to="2026-02-01")
    query = f"/communities?person={person}"
    for caller in (ada, registry.operator, Caller(registry.app, SERVICE)):
        assert [item["id"] for item in caller.get(query).json["items"]] == [falls, sleep]
    page = ada.get(f"{query}&limit=1").json
    rest = ada.get(f"{query}&limit=1&cursor={page['next']}").json
    assert [item["id"] for item in (*page["items"], *rest["items"])] == [falls, sleep]
    assert rest["next"] is None


def test_whose_communities_these_are_is_for_themselves(registry: Registry, ada: Caller):
    bo = signed_in(registry.app, "bo@people.example", "Bo")
    path = f"/communities?person={id_of(ada)}"
    assert (bo.get(path).status_code, registry.anyone.get(path).status_code) == (403, 403)


def test_unclaimed_communities_are_listed(registry: Registry):
    registry.operator.community("Falls")
    registry.operator.import_list({"id": "1", "name": "Listed", "domain": "Sleep"})
    names = [
        [
            item["name"]
            for item in registry.anyone.get(f"/communities?unclaimed={said}").json["items"]
        ]
        for said in ("true", "false")
    ]
    assert names == [["Listed"], ["Falls"]]
    assert registry.anyone.get("/communities?unclaimed=perhaps").status_code == 422


def test_operators_reading_who_is_a_member_is_recorded_and_conveners_reading_it_is_not(
    registry: Registry, ada: Caller
):
    community, member = registry.operator.community(), registry.operator.person("Bo")
    role(registry, community, id_of(ada), "convener")
    role(registry, community, member, "member")

    def read() -> list[Any]:
        path = f"/people/{member}/reads"
        return list(Caller(registry.app, SERVICE).get(path).json["items"])

    for path in (f"/communities/{community}", "/communities"):
        assert "Bo" in ada.get(path).text
        registry.anyone.get(path)
    assert read() == []
    Caller(registry.app, OPERATOR, id_of(ada)).get(f"/communities/{community}")
    assert [item["what"] for item in read()] == ["a community's members"]
