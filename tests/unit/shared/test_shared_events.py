"""Cursors, and event types to and from the dataclasses of a domain."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.eventstore.codec import EventType, EventTypes, UnknownEventType
from shared.eventstore.events import INTERNAL, PUBLIC, START, Cursor, NewEvent
from tests.contract.gardens import (
    TYPES,
    KeyLent,
    Planted,
    Watered,
    crops_from_crop,
    received,
)


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_cursor_is_read_as_it_was_written(epoch: int, transaction: int, position: int):
    cursor = Cursor(epoch, transaction, position)
    assert Cursor.parse(str(cursor)) == cursor


def test_a_cursor_needs_no_quoting_in_an_address():
    assert str(Cursor(1, 22, 333)) == "1-22-333"
    assert str(START) == "0-0-0"


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "--", "1", "1-2", "1-2-3-4", "1-2-", "-1-2-3", "1-2-x", "1-2-+3", "1-2- 3"),
        *("1-2-3\n", "1.0-2-3", "1-2-٣", "1-2-³", f"{2**31}-0-0", f"0-{2**63}-0", f"0-0-{2**63}"),
        *("9" * 5000 + "-0-0", "null", "1_0-2-3"),
    ],
)
def test_what_is_no_cursor_is_refused_shortly(text: str):
    with pytest.raises(ValueError, match="is not a cursor") as refused:
        Cursor.parse(text)
    assert len(str(refused.value)) < 200


def test_cursors_sort_by_epoch_then_transaction_then_position():
    assert Cursor(1, 9, 9) < Cursor(2, 1, 1) < Cursor(2, 1, 2) < Cursor(2, 2, 0)
    assert Cursor(1, 10, 0) > Cursor(1, 9, 0)


def test_an_event_is_encoded_without_what_it_lacks():
    assert TYPES.encode(Planted("Here")) == NewEvent(
        "garden.plot.planted", 2, PUBLIC, '{"name":"Here","crops":[]}'
    )
    full = TYPES.encode(Planted("Ħere", ("kale",), note=""))
    assert full.data == '{"name":"Ħere","crops":["kale"],"note":""}'
    assert TYPES.encode(KeyLent("per_1")).audience == INTERNAL


def test_an_event_is_decoded_as_it_was_encoded_and_may_hold_more():
    for event in (Planted("Here"), Planted("There", ("kale",), "by the pond"), Watered(0)):
        assert TYPES.decode(received("plt_1", 1, event)) == event
    more = received("plt_1", 1, Watered(1))._replace(data='{"litres": 1, "can": "blue"}')
    assert TYPES.decode(more) == Watered(1)


def test_an_event_of_an_unknown_type_or_a_later_version_is_not_guessed_at():
    event = received("plt_1", 1, Watered(1))
    with pytest.raises(UnknownEventType, match=r"garden\.plot\.flooded version 1"):
        TYPES.decode(event._replace(type="garden.plot.flooded"))
    with pytest.raises(UnknownEventType, match=r"garden\.plot\.watered version 2"):
        TYPES.decode(event._replace(schema=2))


@dataclass(frozen=True)
class Harvested:
    kilos: float
    by: str


def kilos_from_pounds(data: dict) -> dict:
    return {"kilos": data["pounds"] / 2}


def by_anyone(data: dict) -> dict:
    return data | {"by": "anyone"}


HARVESTS = EventTypes(
    [
        EventType(
            "garden.plot.harvested",
            3,
            Harvested,
            upcasters={1: kilos_from_pounds, 2: by_anyone},
        )
    ]
)


@pytest.mark.parametrize(
    ("version", "data"),
    [
        (1, '{"pounds": 5}'),
        (2, '{"kilos": 2.5}'),
        (3, '{"kilos": 2.5, "by": "anyone"}'),
    ],
)
def test_every_version_ever_written_reads_as_the_present_one(version: int, data: str):
    event = received("plt_1", 1, Watered(1))._replace(
        type="garden.plot.harvested", schema=version, data=data
    )
    assert HARVESTS.decode(event) == Harvested(2.5, "anyone")
    shown = HARVESTS.present(event)
    assert (shown.schema, HARVESTS.decode(shown)) == (3, Harvested(2.5, "anyone"))
    assert event.schema == version
    assert event._replace(schema=3, data=shown.data) == shown


def test_what_is_shown_to_a_subscriber_is_left_alone_where_there_is_nothing_to_upcast():
    present = received("plt_1", 1, Planted("Here"))
    unknown = present._replace(type="garden.plot.flooded", data="{ }")
    later = present._replace(schema=9, data="{ }")
    for event in (present, unknown, later):
        assert TYPES.present(event) is event


def test_an_upcaster_changes_nothing_in_what_it_is_given():
    data = {"name": "Old", "crop": "kale"}
    assert crops_from_crop(data) == {"name": "Old", "crops": ["kale"]}
    assert data == {"name": "Old", "crop": "kale"}
