"""What waits for a person: in which order, and page by page."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from shared.http.inbox import Waiting, page_of
from shared.web.errors import Problem

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


def waiting(key: str, since: int, due: int | None = None) -> Waiting:
    """Something that waits since so many days ago, and is due in so many."""
    end = None if due is None else NOW + timedelta(days=due)
    return Waiting("offer", key, key, NOW - timedelta(days=since), f"/offers/{key}", end)


ALL = [
    waiting("no-end, young", 1),
    waiting("next week", 5, 7),
    waiting("no-end, old", 9),
    waiting("tomorrow", 1, 1),
    waiting("tomorrow, older", 2, 1),
]
IN_ORDER = ["tomorrow, older", "tomorrow", "next week", "no-end, old", "no-end, young"]


def page(query: str, found: list[Waiting]) -> dict[str, object]:
    with Flask("inbox").test_request_context(f"/people/per_x/inbox?{query}"):
        body: dict[str, object] = page_of(found).get_json()
    return body


def test_what_is_due_soonest_comes_first_and_what_has_no_end_last():
    assert [item["id"] for item in page("", ALL)["items"]] == IN_ORDER


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_pages_hold_everything_once(limit):
    seen, cursor = [], ""
    while cursor is not None:
        body = page(f"limit={limit}" + (f"&cursor={cursor}" if cursor else ""), ALL)
        assert len(body["items"]) <= limit
        seen += [item["id"] for item in body["items"]]
        cursor = body["next"]
    assert seen == IN_ORDER


def test_a_page_goes_on_where_what_came_before_was_done_meanwhile():
    cursor = page("limit=2", ALL)["next"]
    left = [each for each in ALL if not each.id.startswith("tomorrow")]
    assert [i["id"] for i in page(f"cursor={cursor}", left)["items"]] == IN_ORDER[2:]


def test_each_item_tells_its_times_in_utc_and_its_action():
    (item,) = page("", [waiting("x", 1)])["items"]
    assert item == {
        "type": "offer",
        "id": "x",
        "title": "x",
        "since": "2026-11-29T09:00:00.000000Z",
        "due": None,
        "action": "/offers/x",
    }


@pytest.mark.parametrize("cursor", ["x", "WyJkYXkiLCJ4Il0", "WyJpbmJveCJd"])
def test_a_cursor_of_another_list_is_refused(cursor):
    with pytest.raises(Problem) as refused:
        page(f"cursor={cursor}", ALL)
    assert refused.value.status == 422
