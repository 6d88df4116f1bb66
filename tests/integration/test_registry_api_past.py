"""A community's past: as it was known at a time, and every change in a sentence."""

from datetime import datetime, timedelta

import pytest

from services.registry.events import EVENT_TYPES
from shared.clock import parse_rfc3339, rfc3339
from tests.registry import SERVICE, Caller, Registry, every_command, signed_in

TICK = timedelta(microseconds=1)


def test_as_of_each_events_time_it_is_what_it_was_then(each_registry: Registry):
    operator = each_registry.operator
    at = f"/communities/{operator.community()}"
    shown = [operator.get(at).json]
    body = {"person": operator.person(), "role": "convener", "from": "2025-01-01"}
    for step in (
        lambda: operator.changed(at, name="Falls everywhere", topics=["falls"]),
        lambda: operator.done(f"{at}/stage", stage="maturing"),
        lambda: operator.made(f"{at}/roles", **body),
        lambda: operator.done(f"{at}/closure", ending="faded"),
        lambda: operator.done(f"{at}/reopening"),
    ):
        step()
        shown.append(operator.get(at).json)
    for then, following in zip(shown, [*shown[1:], None], strict=True):
        moment = parse_rfc3339(then["changed_at"])
        assert asked(operator, at, moment) == then
        if following is not None:
            last = parse_rfc3339(following["changed_at"]) - TICK
            assert asked(operator, at, last) == then


def asked(caller: Caller, at: str, moment: datetime) -> object:
    answer = caller.ask("GET", at, query_string={"as_of": rfc3339(moment)}).json
    assert answer.pop("as_of") == rfc3339(moment)
    return answer


def test_before_it_was_registered_there_was_no_community(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    registered = parse_rfc3339(registry.anyone.get(at).json["registered_at"])
    early = registry.anyone.ask("GET", at, query_string={"as_of": rfc3339(registered - TICK)})
    assert (early.status_code, "There was no community" in early.json["detail"]) == (404, True)


@pytest.mark.parametrize("zone", ["Z", "%2B00:00", "+00:00", "-05:00", "%2B05:30"])
def test_a_time_may_have_any_zone_and_its_plus_unquoted(registry: Registry, zone: str):
    at = f"/communities/{registry.operator.community()}"
    answer = registry.anyone.get(f"{at}?as_of=2020-06-15T12:00:00{zone}")
    assert (answer.status_code, "There was no community" in answer.json["detail"]) == (404, True)


@pytest.mark.parametrize(
    "moment",
    [
        *("", "yesterday", "2026-03-01", "2026-03-01T09:30:00", "1772356200"),
        *("2026-02-30T00:00:00Z", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_what_is_no_time_is_422_with_an_example(registry: Registry, moment: str):
    at = f"/communities/{registry.operator.community()}"
    answer = registry.anyone.get(f"{at}?as_of={moment}")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["as_of"])
    assert "2026-03-01T09:30:00Z" in answer.json["errors"]["as_of"][0]


def test_another_parameter_is_refused(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    assert registry.anyone.get(f"{at}?asof=2026-03-01T00:00:00Z").status_code == 422


def test_the_history_tells_every_event_in_order_in_words_and_data(each_registry: Registry):
    ids = every_command(each_registry.operator)
    told = set()
    for community in (ids["falls"], ids["successor"], ids["listed"]):
        items = each_registry.anyone.get(f"/communities/{community}/history").json["items"]
        events = [e for e in each_registry.anyone.events() if e["subject"] == community]
        assert [item["version"] for item in items] == list(range(1, len(items) + 1))
        for item, event in zip(items, events, strict=True):
            assert item["sentence"].endswith(".")
            assert (item["type"], item["data"]) == (event["type"], event["data"])
            assert (item["at"], item["correlation"]) == (event["time"], event["correlationid"])
            assert item["by"] is None
            told.add(item["type"])
    assert told == {
        name
        for name, kind in EVENT_TYPES.by_name.items()
        if name.startswith("registry.community.") and not kind.whole
    }


def test_the_history_names_networks_as_they_are_called_now(registry: Registry):
    operator = registry.operator
    network = operator.made("/networks", name="Wessex AHSN")["id"]
    at = f"/communities/{operator.community()}"
    operator.changed(at, networks=["Wessex AHSN"])
    operator.changed(f"/networks/{network}", name="Health Innovation Wessex")
    sentences = [item["sentence"] for item in operator.get(f"{at}/history").json["items"]]
    assert sentences == ["Registered as active.", "Joined Health Innovation Wessex."]


def test_the_history_says_on_whose_behalf_each_change_was_made(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    amara = registry.operator.person("Amara Okafor")
    Caller(registry.app, actor=amara).changed(at, name="New")
    Caller(registry.app, SERVICE).changed(at, name="Newer")
    items = registry.operator.get(f"{at}/history").json["items"]
    assert [(item["by"], item["via"], item["who"]) for item in items] == [
        (None, "operator", "the operator"),
        (amara, "operator", "the operator, for Amara Okafor"),
        (None, "service", "the platform"),
    ]


def test_the_history_names_people_to_those_who_may_see_them_and_says_by_what_they_acted(
    registry: Registry,
):
    community = registry.operator.community()
    ada = signed_in(registry.app, "ada@people.example", "Ada Lovelace")
    bo = registry.operator.person("Bo Nowak")
    for person, role in ((ada.get("/me").json["id"], "convener"), (bo, "member")):
        body = {"person": person, "role": role, "from": "2026-01-01"}
        registry.operator.made(f"/communities/{community}/roles", **body)
    ada.changed(f"/communities/{community}", name="New")
    items = ada.get(f"/communities/{community}/history").json["items"]
    assert "Bo Nowak is member from 2026-01-01." in [item["sentence"] for item in items]
    assert (items[-1]["via"], items[-1]["who"]) == ("person", "Ada Lovelace")
    for_all = registry.anyone.get(f"/communities/{community}/history")
    assert {item["who"] for item in for_all.json["items"]} == {None}
    assert "Ada" not in for_all.text


def test_by_what_somebody_acted_leaves_the_store_with_no_event(registry: Registry):
    registry.operator.community()
    assert not [event for event in registry.operator.events() if "via" in event]


def test_a_long_history_is_told_whole(registry: Registry):
    at = f"/communities/{registry.operator.community()}"
    for number in range(60):
        registry.operator.changed(at, name=f"Name {number}")
    assert len(registry.anyone.get(f"{at}/history").json["items"]) == 61


def test_what_is_not_there_has_no_history(registry: Registry):
    answer = registry.anyone.get("/communities/com_x/history")
    assert (answer.status_code, answer.json["title"]) == (404, "Not Found")
