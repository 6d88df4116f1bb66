"""What a community was, from when to when, by the events alone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.discovery.projections.spans import STILL, fold_spans
from shared.clock import rfc3339
from shared.eventstore.events import START, Event

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def event(day: int, kind: str, **data: Any) -> Event:
    at = BEGIN + timedelta(days=day)
    kind = f"registry.community.{kind}"
    return Event(
        *START, "com_a", 1, "e", kind, 1, at, "public", "c", None, None, json.dumps(data)
    )  # fmt: skip


def spans(kind: str, *events: Event) -> list[tuple[str, str, str]]:
    row = None
    for one in events:
        row = fold_spans(row, one)
    assert row
    return [(v, began[5:10], ended[5:10]) for k, v, began, ended in row["spans"] if k == kind]


def test_a_span_ends_where_the_next_begins_and_the_last_goes_on() -> None:
    found = spans(
        "stage",
        event(0, "registered", name="A", stage="potential"),
        event(3, "stage-changed", stage="maturing"),
    )
    assert found == [("potential", "01-01", "01-04"), ("maturing", "01-04", "12-31")]


def test_without_any_an_empty_span_says_so() -> None:
    found = spans(
        "network",
        event(0, "registered", name="A"),
        event(1, "network-joined", network="net_w"),
        event(2, "network-joined", network="net_y"),
        event(3, "network-left", network="net_w"),
        event(4, "network-left", network="net_y"),
    )
    assert found == [
        ("", "01-01", "01-02"),
        ("net_w", "01-02", "01-04"),
        ("net_y", "01-03", "01-05"),
        ("", "01-05", "12-31"),
    ]


def test_who_came_from_a_list_needs_no_convener_until_somebody_says_so() -> None:
    listed = event(0, "registered", name="A", source="list")
    assert spans("convener", listed) == [("found", "01-01", "12-31")]
    needed = [("found", "01-01", "01-02"), ("needed", "01-02", "12-31")]
    assert spans("convener", listed, event(1, "convener-needed")) == needed


def test_what_is_said_and_unsaid_at_one_moment_leaves_nothing() -> None:
    changed = [event(1, "stage-changed", stage=stage) for stage in ("maturing", "stewardship")]
    found = spans("stage", event(0, "registered", name="A"), *changed)
    assert found == [("", "01-01", "01-02"), ("stewardship", "01-02", "12-31")]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), max_size=12))
def test_at_every_moment_since_its_registration_it_has_exactly_one_stage(
    said: list[tuple[int, str]],
) -> None:
    day, row = 0, fold_spans(None, event(0, "registered", name="A"))
    for later, stage in said:
        day += later
        row = fold_spans(row, event(day, "stage-changed", stage=stage))
    found = [span for span in row["spans"] if span[0] == "stage"]
    for hour in range(0, (day + 2) * 24, 12):
        moment = rfc3339(BEGIN + timedelta(hours=hour))
        assert sum(began <= moment < ended for _, _, began, ended in found) == 1
    assert sum(span[3] == STILL for span in found) == 1
