"""What people who have signed in may not do at the registry beyond what is theirs."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from werkzeug.test import TestResponse

from services.registry import queries
from tests.registry import (
    OPERATOR,
    SERVICE,
    Caller,
    Registry,
    at_once,
    open_registry,
    signed_in,
)


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path) as found:
        yield found


class Somebody(NamedTuple):
    """A person, who asks with a token of their own."""

    id: str
    asks: Caller


def somebody(registry: Registry, name: str = "Ada") -> Somebody:
    asks = signed_in(registry.app, f"{name.lower()}@people.example", name)
    return Somebody(asks.get("/me").json["id"], asks)


def day(registry: Registry, days: int = 0) -> str:
    return (registry.service.clock.now().date() + timedelta(days=days)).isoformat()


def role_of(registry: Registry, person: str, community: str, role: str = "convener") -> str:
    """The address of a role that began a month ago."""
    at, begins = f"/communities/{community}/roles", day(registry, -30)
    made = registry.operator.made(at, person=person, role=role, **{"from": begins})
    return f"{at}/{made['id']}"


# --- ending one's own role ---


def test_one_who_was_removed_cannot_take_the_role_up_again(registry: Registry):
    ada, community = somebody(registry), registry.operator.community()
    role = role_of(registry, ada.id, community)
    registry.operator.changed(role, to=day(registry))
    answer = ada.asks.patch(role, {"to": "2099-01-01"}, "*")
    assert (answer.status_code, list(answer.json["errors"])) == (409, ["to"])
    assert ada.asks.get("/me").json["roles"] == []


def test_not_even_an_operator_revives_a_role_but_gives_a_new_one(registry: Registry):
    ada, community = somebody(registry), registry.operator.community()
    role = role_of(registry, ada.id, community)
    registry.operator.changed(role, to=day(registry))
    answer = registry.operator.patch(role, {"to": "2099-01-01"}, "*")
    assert (answer.status_code, list(answer.json["errors"])) == (409, ["to"])
    again = {"person": ada.id, "role": "convener", "from": day(registry)}
    assert registry.operator.post(f"/communities/{community}/roles", again).status_code == 201


@pytest.mark.parametrize("whose", ["their own", "a member's"])
def test_a_role_for_a_time_is_made_longer_by_an_operator_alone(registry: Registry, whose: str):
    ada, community = somebody(registry), registry.operator.community()
    role = role_of(registry, ada.id, community)
    if whose == "a member's":
        role = role_of(registry, registry.operator.person("Bo"), community, "member")
    registry.operator.changed(role, to=day(registry, 7))
    answer = ada.asks.patch(role, {"to": day(registry, 8)}, "*")
    assert (answer.status_code, list(answer.json["errors"])) == (403, ["to"])
    assert registry.operator.changed(role, to=day(registry, 8))["to"] == day(registry, 8)


def test_one_ends_ones_own_role_today_or_sooner_than_it_would(registry: Registry):
    ada, community = somebody(registry), registry.operator.community()
    role = role_of(registry, ada.id, community, "member")
    for days in (9, 7, 0):
        assert ada.asks.changed(role, to=day(registry, days))["to"] == day(registry, days)


# --- closing into others ---


def close_into(caller: Caller, community: str, *into: str, ending: str = "merged") -> TestResponse:
    return caller.post(f"/communities/{community}/closure", {"ending": ending, "into": list(into)})


@pytest.mark.parametrize("ending", ["merged", "split", "absorbed"])
@pytest.mark.parametrize("role", [None, "member", "co-convener"])
def test_a_community_goes_on_only_in_those_that_who_closes_it_convenes(
    registry: Registry, ending: str, role: str | None
):
    operator, ada = registry.operator, somebody(registry)
    mine, own, theirs = (operator.community(name) for name in ("Falls", "Frailty", "Feet"))
    for community in (mine, own):
        role_of(registry, ada.id, community)
    if role:
        role_of(registry, ada.id, theirs, role)
    before = registry.anyone.get(f"/communities/{theirs}").json
    answer = close_into(ada.asks, mine, own, theirs, ending=ending)
    assert (answer.status_code, list(answer.json["errors"])) == (403, ["into"])
    (why,) = answer.json["errors"]["into"]
    assert theirs in why
    assert own not in why
    assert "operator" in why
    assert registry.anyone.get(f"/communities/{theirs}").json == before
    assert registry.anyone.get(f"/communities/{mine}").json["state"] == "active"


def test_who_convenes_both_closes_one_into_the_other(registry: Registry):
    operator, ada = registry.operator, somebody(registry)
    one, other = operator.community("Falls"), operator.community("Frailty")
    for community in (one, other):
        role_of(registry, ada.id, community)
    assert close_into(ada.asks, one, other).status_code == 200
    found = registry.anyone.get(f"/communities/{other}").json["predecessors"]
    assert one in str(found)


def test_an_operator_by_grant_closes_a_community_into_any(registry: Registry):
    operator, ada = registry.operator, somebody(registry)
    operator.made("/grants", person=ada.id, grant="operator")
    assert close_into(ada.asks, operator.community(), operator.community()).status_code == 200


# --- the past ---


def test_who_convened_then_and_no_longer_sees_no_members_of_then(registry: Registry):
    ada, community = somebody(registry), registry.operator.community()
    role = role_of(registry, ada.id, community)
    bo = registry.operator.person("Bo")
    role_of(registry, bo, community, "member")
    while_convening = registry.service.clock.now().isoformat().replace("+00:00", "Z")
    past = f"/communities/{community}?as_of={while_convening}"
    assert bo in ada.asks.get(past).text
    registry.operator.changed(role, to=day(registry))
    assert bo not in ada.asks.get(past).text
    assert bo in registry.operator.get(past).text


def test_what_has_not_come_yet_is_not_shown(registry: Registry):
    answer = registry.anyone.get(
        f"/communities/{registry.operator.community()}?as_of=2999-01-01T00:00:00Z"
    )
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["as_of"])


# --- registering ---

NEW = {"name": "Falls", "domain": "Feet"}


def test_a_person_registers_three_communities_a_day(registry: Registry):
    ada = somebody(registry)
    for _ in range(3):
        ada.asks.community()
    answer = ada.asks.post("/communities", NEW)
    assert answer.status_code == 429
    assert 86_300 < int(answer.headers["Retry-After"]) <= 86_401
    assert somebody(registry, "Bo").asks.post("/communities", NEW).status_code == 201
    now = registry.service.clock.now()
    with registry.service.database.read() as connection:
        assert len(queries.registered_by(connection, ada.id, now - timedelta(days=1))) == 3
        assert queries.registered_by(connection, ada.id, now) == []


def test_a_registering_that_is_sent_again_counts_once(registry: Registry):
    ada = somebody(registry)
    for number in (1, 1, 1, 2, 3):
        answer = ada.asks.post("/communities", NEW, Idempotency_Key=f"key {number}")
        assert answer.status_code == 201
    assert ada.asks.post("/communities", NEW, Idempotency_Key="key 4").status_code == 429
    assert ada.asks.post("/communities", NEW, Idempotency_Key="key 1").status_code == 201


def test_communities_registered_at_once_are_counted_one_by_one(each_registry: Registry):
    ada = somebody(each_registry)
    asking = [lambda: ada.asks.post("/communities", NEW).status_code for _ in range(5)]
    assert sorted(at_once(*asking)) == [201, 201, 201, 429, 429]


def test_operators_and_services_register_as_many_as_there_are(registry: Registry):
    ada = somebody(registry)
    registry.operator.made("/grants", person=ada.id, grant="operator")
    for_ada = Caller(registry.app, OPERATOR, ada.id)
    for caller in (ada.asks, for_ada, Caller(registry.app, SERVICE)):
        for _ in range(4):
            caller.community()


def test_what_an_operator_registered_for_a_person_is_not_counted(registry: Registry):
    ada = somebody(registry)
    for _ in range(3):
        Caller(registry.app, OPERATOR, ada.id).community()
    assert ada.asks.post("/communities", NEW).status_code == 201


# --- one role ---


def test_a_networks_lead_sees_who_convenes_and_no_member(registry: Registry):
    operator, lead = registry.operator, somebody(registry)
    network = operator.made("/networks", name="Wessex")["id"]
    operator.made("/grants", person=lead.id, grant="network-lead", scope=network)
    community, bo = operator.community(networks=[network]), somebody(registry, "Bo")
    convening = role_of(registry, operator.person("Cy"), community)
    membership = role_of(registry, bo.id, community, "member")
    assert lead.asks.get(convening).status_code == 200
    assert lead.asks.get(membership).status_code == 404
    assert bo.asks.get(membership).status_code == 200
    assert bo.asks.get(f"/people/{bo.id}/reads").json["items"] == []


def test_who_is_a_member_is_told_that_an_operator_read_it(registry: Registry):
    operator, bo, ada = registry.operator, somebody(registry, "Bo"), somebody(registry)
    community = operator.community()
    membership = role_of(registry, bo.id, community, "member")
    role_of(registry, ada.id, community)
    assert ada.asks.get(membership).status_code == 200
    assert operator.get(membership).status_code == 200
    (read,) = bo.asks.get(f"/people/{bo.id}/reads").json["items"]
    assert (read["via"], read["what"]) == ("operator", "a community's members")


# --- grants, and who one is ---


@pytest.mark.parametrize("scope", ["Leading", "prg_1", "pgm_1", "net_00000000000000000001"])
def test_a_team_is_of_a_programme_by_its_id(registry: Registry, scope: str):
    asked = {"person": registry.operator.person(), "grant": "programme-team"}
    answer = registry.operator.post("/grants", asked | {"scope": scope})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["scope"])
    registry.operator.made("/grants", **asked, scope="pgm_00000000000000000001")


def test_one_whose_session_has_ended_is_told_to_sign_in_and_no_more(registry: Registry):
    ada = somebody(registry)
    session = ada.asks.get("/me").json["session"]
    assert ada.asks.ask("DELETE", f"/me/sessions/{session}").status_code == 200
    answer = ada.asks.get("/me")
    assert answer.status_code == 401
    assert answer.json["detail"] == "This session has ended: sign in again."


def test_who_sends_no_token_is_told_both_ways_to_one(registry: Registry):
    answer = registry.anyone.get("/people")
    assert answer.status_code == 401
    for word in ("Sign in", "access token", "operator_token"):
        assert word in answer.json["detail"]


def test_one_sees_what_ones_communities_and_networks_are_called(registry: Registry):
    operator, ada = registry.operator, somebody(registry)
    network = operator.made("/networks", name="Wessex")["id"]
    operator.made("/grants", person=ada.id, grant="network-lead", scope=network)
    programme = {"grant": "programme-team", "scope": "pgm_00000000000000000001"}
    operator.made("/grants", person=ada.id, **programme)
    for name in ("Falls", "Frailty"):
        role_of(registry, ada.id, operator.community(name))
    me = ada.asks.get("/me").json
    assert sorted(role["name"] for role in me["roles"]) == ["Falls", "Frailty"]
    assert [(grant["scope"], grant["name"]) for grant in me["grants"]] == [
        (network, "Wessex"),
        (programme["scope"], None),
    ]
