"""A list read a page at a time, while others add to it, skips nothing and repeats nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.web.paging import decode_cursor, encode_cursor
from tests.registry import Registry, open_registry

ORDERS = ("registered", "-registered", "name", "-name")
names = st.text("aAbBzäÄ _", min_size=1, max_size=3).filter(lambda name: name.strip(" ") != "")
# At each page's end: what is registered, closed or changed before the next page is asked for.
between = st.lists(st.lists(names, max_size=3), max_size=6)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("registry")
    with open_registry(f"sqlite:///{folder / 'registry.db'}", folder) as found:
        yield found


def pages(registry: Registry, query: dict[str, Any]) -> Iterator[list[Any]]:
    cursor: str | None = ""
    while cursor is not None:
        answer = registry.anyone.ask("GET", "/communities", query_string=query | {"cursor": cursor})
        assert answer.status_code == 200, answer.text
        assert len(answer.json["items"]) <= query["limit"]
        yield answer.json["items"]
        cursor = answer.json["next"]


def key(order: str, item: Any) -> tuple[str, str]:
    first = item["name"].casefold() if order.endswith("name") else item["registered_at"]
    return first, item["id"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    there=st.lists(names, max_size=8),
    added=between,
    limit=st.integers(1, 5),
    order=st.sampled_from(ORDERS),
)
def test_pages_neither_skip_nor_repeat_while_others_register(
    registry: Registry, there: list[str], added: list[list[str]], limit: int, order: str
):
    operator = registry.operator
    region = f"region {operator.get('/status').json['events']}"  # this example's own
    before = {operator.community(name, region=region) for name in there}
    later: set[str] = set()
    rounds = iter(added)
    found: list[Any] = []
    for items in pages(registry, {"limit": limit, "sort": order, "region": region}):
        found += items
        later |= {operator.community(name, region=region) for name in next(rounds, [])}
    ids = [item["id"] for item in found]
    assert len(ids) == len(set(ids))
    assert before <= set(ids) <= before | later
    keys = [key(order, item) for item in found]
    assert keys == sorted(keys, reverse=order.startswith("-"))


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(there=st.lists(names, min_size=1, max_size=8), limit=st.integers(1, 3))
def test_pages_by_time_neither_skip_nor_repeat_while_names_change(
    registry: Registry, there: list[str], limit: int
):
    operator = registry.operator
    region = f"region {operator.get('/status').json['events']}"
    before = [operator.community(name, region=region) for name in there]
    found: list[str] = []
    for items in pages(registry, {"limit": limit, "region": region}):
        found += [item["id"] for item in items]
        operator.changed(f"/communities/{before[0]}", name=f"new {len(found)}")
    assert found == before


@given(st.sampled_from(ORDERS), st.lists(st.text(), max_size=3))
def test_a_cursor_brings_back_what_it_was_made_of(order: str, parts: list[str]):
    clean = [part.replace("\0", "").encode("utf-8", "ignore").decode() for part in parts]
    cursor = encode_cursor(order, clean)
    assert decode_cursor(cursor, order, len(clean)) == tuple(clean)
    assert cursor.replace("-", "").replace("_", "").isalnum()
