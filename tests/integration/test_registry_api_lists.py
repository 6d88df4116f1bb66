"""Lists: filtered, sorted, a page at a time."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.registry import Caller, Registry, open_registry

NAMES = ["Breathe", "Äpfel", "apples", "Zebra", "breathe", "Falls", "élan", "Apples"]


@pytest.fixture(scope="module")
def landscape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry with communities of each sort; nothing in it is changed by these tests."""
    folder = tmp_path_factory.mktemp("registry")
    with open_registry(f"sqlite:///{folder / 'registry.db'}", folder) as registry:
        fill(registry.operator)
        yield registry


def fill(operator: Caller) -> None:
    operator.made("/networks", name="Wessex", aliases=["WX"])
    operator.made("/networks", name="Kent")
    operator.community("Breathe", region="Wessex", networks=["Wessex"], stage="maturing")
    operator.community("Äpfel", region="WESSEX", networks=["Wessex", "Kent"])
    operator.community("apples", region="Kent", networks=["Kent"], state="proposed")
    dormant = operator.community("Zebra", stage="potential")
    operator.done(f"/communities/{dormant}/state", state="dormant")
    convened = operator.community("breathe", external_id="7")
    body = {"person": operator.person(), "role": "convener", "from": "2025-01-01"}
    operator.made(f"/communities/{convened}/roles", **body)
    closed = operator.community("Falls")
    operator.done(f"/communities/{closed}/closure", ending="faded")
    operator.import_list({"id": "7", "name": "élan", "domain": "d", "network": "Kent"})
    operator.community("Apples")


def names(registry: Registry, **query: Any) -> list[str]:
    answer = registry.anyone.ask("GET", "/communities", query_string=query)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json["items"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, NAMES),
        ({"network": "Wessex"}, ["Breathe", "Äpfel"]),
        ({"network": "wx"}, ["Breathe", "Äpfel"]),
        ({"network": "Kent"}, ["Äpfel", "apples", "élan"]),
        ({"region": "Wessex"}, ["Breathe", "Äpfel"]),
        ({"region": " wessex "}, ["Breathe", "Äpfel"]),
        ({"region": "West"}, []),
        ({"stage": "maturing"}, ["Breathe"]),
        ({"stage": "stewardship"}, []),
        ({"state": "proposed"}, ["apples"]),
        ({"state": "dormant"}, ["Zebra"]),
        ({"state": "closed"}, ["Falls"]),
        ({"state": "active"}, ["Breathe", "Äpfel", "breathe", "élan", "Apples"]),
        ({"needs_convener": "true"}, ["Breathe", "Äpfel", "apples", "Zebra", "Apples"]),
        ({"needs_convener": "false"}, ["breathe", "Falls", "élan"]),
        ({"external_id": "7"}, ["breathe", "élan"]),
        ({"network": "Kent", "state": "active"}, ["Äpfel", "élan"]),
        ({"network": "Kent", "state": "dormant"}, []),
    ],
    ids=str,
)
def test_a_list_shows_every_state_unless_it_is_filtered(
    landscape: Registry, query: dict[str, str], found: list[str]
):
    assert names(landscape, **query) == found


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("registered", NAMES),
        ("-registered", NAMES[::-1]),
        ("name", sorted(NAMES, key=str.casefold)),
        ("-name", sorted(NAMES, key=str.casefold, reverse=True)),
    ],
)
def test_a_list_is_sorted_as_asked(landscape: Registry, order: str, found: list[str]):
    got = names(landscape, sort=order)
    assert [n.casefold() for n in got] == [n.casefold() for n in found]
    assert sorted(got) == sorted(found)


def test_both_databases_sort_names_alike(each_registry: Registry):
    fill(each_registry.operator)
    expected = sorted(n.casefold() for n in NAMES)
    assert [n.casefold() for n in names(each_registry, sort="name")] == expected
    assert [n.casefold() for n in names(each_registry, sort="-name")] == expected[::-1]


def test_items_hold_every_public_field(landscape: Registry):
    for item in landscape.anyone.get("/communities").json["items"]:
        assert item == landscape.anyone.get(f"/communities/{item['id']}").json


@pytest.mark.parametrize("order", ["registered", "-registered", "name", "-name"])
@pytest.mark.parametrize("limit", [1, 3, 8, 200])
def test_pages_follow_each_other_by_cursor_and_by_link(landscape: Registry, order: str, limit: int):
    whole = names(landscape, sort=order)
    at, found, pages = f"/communities?sort={order}&limit={limit}", [], 0
    while at:
        answer = landscape.anyone.get(at)
        found += [item["name"] for item in answer.json["items"]]
        pages += 1
        cursor, at = answer.json["next"], ""
        if cursor is not None:
            link, rel = answer.headers["Link"].split("; ")
            at = link.strip("<>")
            assert rel == 'rel="next"'
            asked = {name: values[0] for name, values in parse_qs(urlsplit(at).query).items()}
            assert asked == {"sort": order, "limit": str(limit), "cursor": cursor}
    assert found == whole
    assert pages == -(-len(NAMES) // limit)
    assert "Link" not in answer.headers


def test_a_page_keeps_its_filters(landscape: Registry):
    query = {"network": "Kent", "limit": "1"}
    answer = landscape.anyone.ask("GET", "/communities", query_string=query)
    following = landscape.anyone.get(answer.headers["Link"].split(">")[0].strip("<"))
    assert [item["name"] for item in following.json["items"]] == ["apples"]


def test_a_limit_beyond_200_is_200(registry: Registry):
    registry.operator.import_list(*({"id": str(n), "domain": f"d{n}"} for n in range(205)))
    assert len(registry.anyone.get("/communities?limit=1000").json["items"]) == 200
    assert len(registry.anyone.get("/communities").json["items"]) == 50


@pytest.mark.parametrize("stem", ["communities", "networks", "organisations", "people"])
@pytest.mark.parametrize("limit", ["0", "-1", "ten", "1.5", "", "٣", "1e2", "99999999999999999999"])
def test_a_limit_that_is_no_number_is_422(landscape: Registry, stem: str, limit: str):
    answer = landscape.operator.ask("GET", f"/{stem}", query_string={"limit": limit})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["limit"])


def cursor_of(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


WRONG_CURSORS = [
    "x",
    "!!!!",
    "%00",
    cursor_of(),
    cursor_of("name"),
    cursor_of("registered", 5, None),
    cursor_of("registered", "2026", 5),
    cursor_of("registered", "2026"),
    cursor_of("registered", "2026", "com_a", "more"),
    cursor_of("registered", "\0", "com_a"),
    cursor_of("registered", ["2026"], "com_a"),
    cursor_of("name", "a", "com_a"),
    base64.urlsafe_b64encode(b'"text"').decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "[" * 5000,
]


def test_a_cursor_that_this_list_did_not_give_is_refused(each_registry: Registry):
    for stem in ("communities", "people"):
        for cursor in WRONG_CURSORS:
            answer = each_registry.operator.get(f"/{stem}?cursor={cursor}")
            assert answer.status_code == (400 if cursor == "%00" else 422), cursor
            assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("stem", ["networks", "organisations", "people"])
def test_every_list_has_pages(registry: Registry, stem: str):
    for name in ("b", "a", "c"):
        registry.operator.made(f"/{stem}", name=name)
    found, at = [], f"/{stem}?limit=2"
    while at:
        answer = registry.operator.get(at)
        found += [item["name"] for item in answer.json["items"]]
        at = answer.headers.get("Link", "").split(">")[0].strip("<")
    assert found == (["b", "a", "c"] if stem == "people" else ["a", "b", "c"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("stage=grown", "stage"),
        ("state=open", "state"),
        ("needs_convener=yes", "needs_convener"),
        ("network=Nowhere", "network"),
        ("sort=size", "sort"),
        ("nework=Kent", "nework"),
        ("page=2", "page"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(landscape: Registry, query: str, field: str):
    answer = landscape.anyone.get(f"/communities?{query}")
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_nul_in_an_address_is_refused_and_never_reaches_the_database(each_registry: Registry):
    for at in (
        "/communities/%00",
        "/communities?region=a%00",
        "/networks/%00",
        "/events?types=%00",
    ):
        answer = each_registry.operator.get(at)
        assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
