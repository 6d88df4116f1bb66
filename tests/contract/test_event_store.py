"""What an event store is, whatever database it is in."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from shared.database import Database
from shared.eventstore.events import (
    INTERNAL,
    PUBLIC,
    START,
    Cause,
    Conflict,
    Cursor,
    Event,
    NewEvent,
    StreamAppend,
)
from shared.eventstore.store import ALL, EventStore, Filter
from tests.contract.gardens import (
    CAUSE,
    NOW,
    TYPES,
    Cleared,
    KeyLent,
    Planted,
    Watered,
    append,
    settle,
)

BEANS, LEEKS = Planted("By the gate", ("beans",)), Planted("By the pond", ("leeks",))


def read_all(database: Database, store: EventStore, wanted: Filter = ALL) -> list[Event]:
    settle(database)
    with database.read() as connection:
        return store.read(connection, START, 10_000, wanted)


def names(events: list[Event]) -> list[tuple[str, int]]:
    return [(event.stream, event.version) for event in events]


def test_events_are_loaded_as_they_were_appended(database: Database, store: EventStore):
    with database.write() as connection:
        appended = append(store, connection, "plt_1", 0, BEANS, Watered(5))
        appended += append(store, connection, "plt_1", 2, Cleared())

    with database.read() as connection:
        assert store.load(connection, "plt_1") == appended
    assert read_all(database, store) == appended
    assert names(appended) == [("plt_1", 1), ("plt_1", 2), ("plt_1", 3)]
    first = appended[0]
    assert first.time == NOW
    assert (first.correlation, first.causation, first.actor) == ("cor_1", "evt_0", "per_1")
    assert (first.type, first.schema, first.audience) == ("garden.plot.planted", 2, PUBLIC)
    assert len({event.id for event in appended}) == 3


def test_what_an_event_lacks_stays_lacking_and_its_data_stay_as_they_were_written(
    database: Database, store: EventStore
):
    data = '{"name": "Ħedġe  – ☘", "name": 1.0, "big": 123456789012345678901, "nul": "\\u0000"}'
    new = NewEvent("garden.plot.planted", 2, PUBLIC, data)
    with database.write() as connection:
        store.append(connection, [StreamAppend("plt_1", 0, [new])], cause=Cause("cor"), now=NOW)

    (event,) = read_all(database, store)
    assert event.data == data
    assert (event.correlation, event.causation, event.actor) == ("cor", None, None)


def test_a_stream_that_nobody_wrote_is_empty(database: Database, store: EventStore):
    with database.read() as connection:
        assert store.load(connection, "plt_1") == []
        assert store.load_many(connection, ["plt_1"]) == {}
        assert store.load_many(connection, []) == {}
        assert store.head(connection) == START
        assert store.read(connection, START, 10) == []


def test_a_stream_is_loaded_as_it_was_at_a_time(database: Database, store: EventStore):
    with database.write() as connection:
        append(store, connection, "plt_1", 0, BEANS)
        append(store, connection, "plt_1", 1, Watered(5), now=NOW + timedelta(hours=1))

    with database.read() as connection:
        assert store.load(connection, "plt_1", until=NOW - timedelta(microseconds=1)) == []
        assert names(store.load(connection, "plt_1", until=NOW)) == [("plt_1", 1)]
        assert len(store.load(connection, "plt_1", until=NOW + timedelta(hours=1))) == 2


def test_several_streams_are_appended_to_at_once_and_loaded_at_once(
    database: Database, store: EventStore
):
    with database.write() as connection:
        append(store, connection, "plt_2", 0, LEEKS)
        appends = [
            StreamAppend("plt_1", 0, [TYPES.encode(BEANS), TYPES.encode(Watered(1))]),
            StreamAppend("plt_2", 1, [TYPES.encode(Watered(2))]),
            StreamAppend("key_1", 0, [TYPES.encode(KeyLent("per_1"))]),
        ]
        stored = store.append(connection, appends, cause=CAUSE, now=NOW)

    in_order = [("plt_1", 1), ("plt_1", 2), ("plt_2", 2), ("key_1", 1)]
    assert names(stored) == in_order
    assert names(read_all(database, store)) == [("plt_2", 1), *in_order]
    with database.read() as connection:
        found = store.load_many(connection, ["plt_1", "plt_2", "plt_3"])
    assert {stream: names(events) for stream, events in found.items()} == {
        "plt_1": [("plt_1", 1), ("plt_1", 2)],
        "plt_2": [("plt_2", 1), ("plt_2", 2)],
    }


@pytest.mark.parametrize("expected", [0, 1, 3, 7])
def test_a_version_too_low_or_too_high_is_a_conflict_and_nothing_is_half_written(
    database: Database, store: EventStore, expected: int
):
    with database.write() as connection:
        before = append(store, connection, "plt_1", 0, BEANS, Watered(5))

    def change_two() -> None:
        with database.write() as connection:
            appends = [
                StreamAppend("plt_2", 0, [TYPES.encode(LEEKS)]),
                StreamAppend("plt_1", expected, [TYPES.encode(Watered(1))]),
            ]
            store.append(connection, appends, cause=CAUSE, now=NOW)

    with pytest.raises(Conflict) as conflict:
        change_two()
    assert (conflict.value.stream, conflict.value.expected) == ("plt_1", expected)
    assert read_all(database, store) == before


def test_a_new_stream_begins_with_its_first_version(database: Database, store: EventStore):
    with pytest.raises(Conflict), database.write() as connection:
        append(store, connection, "plt_1", 1, Watered(5))
    assert read_all(database, store) == []


def test_what_is_no_event_at_all_is_refused_by_the_database_and_no_conflict(
    database: Database, store: EventStore
):
    secret = NewEvent("garden.plot.watered", 1, "secret", "{}")
    with pytest.raises(IntegrityError), database.write() as connection:
        store.append(connection, [StreamAppend("plt_1", 0, [secret])], cause=CAUSE, now=NOW)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_of_any_size_are_the_whole_in_order(
    database: Database, store: EventStore, limit: int
):
    for stream in range(5):
        with database.write() as connection:
            append(store, connection, f"plt_{stream}", 0, BEANS, Watered(stream))
    with database.write() as connection:
        append(store, connection, "plt_0", 2, Watered(5), Watered(6))

    cursor, found = START, []
    with database.read() as connection:
        while page := store.read(connection, cursor, limit):
            assert len(page) <= limit
            assert store.count_after(connection, cursor) == 12 - len(found)
            found += page
            cursor = Cursor.parse(str(page[-1].cursor))
        assert store.count_after(connection, cursor) == 0
        assert store.head(connection) == cursor
        assert store.held_back(connection) == 0
    assert found == read_all(database, store)
    assert names(found)[:2] == [("plt_0", 1), ("plt_0", 2)]
    assert names(found)[-2:] == [("plt_0", 3), ("plt_0", 4)]
    assert [event.cursor for event in found] == sorted({event.cursor for event in found})


def test_what_was_rolled_back_is_never_read_and_hides_nothing(
    database: Database, store: EventStore
):
    with database.write() as connection:
        append(store, connection, "plt_1", 0, BEANS)

    def fail() -> None:
        with database.write() as connection:
            append(store, connection, "plt_2", 0, LEEKS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.write() as connection:
        append(store, connection, "plt_3", 0, LEEKS)

    assert names(read_all(database, store)) == [("plt_1", 1), ("plt_3", 1)]


def test_a_reader_asks_for_an_audience_types_a_time_or_an_end(
    database: Database, store: EventStore
):
    later = NOW + timedelta(days=1)
    with database.write() as connection:
        one, two = append(store, connection, "plt_1", 0, BEANS, Watered(5))
        (three,) = append(store, connection, "key_1", 0, KeyLent("per_1"))
        (four,) = append(store, connection, "plt_1", 2, Watered(7), now=later)

    def found(**wanted: object) -> list[Event]:
        return read_all(database, store, Filter(**wanted))

    assert found() == [one, two, three, four]
    assert found(audience=PUBLIC) == [one, two, four]
    assert found(audience=INTERNAL) == [three]
    assert found(types=("garden.plot.watered",)) == [two, four]
    assert found(types=("garden.plot.watered", "garden.key.lent")) == [two, three, four]
    assert found(types=()) == found(types=("garden.plot.flooded",)) == []
    assert found(since=later) == [four]
    assert found(since=NOW) == [one, two, three, four]
    assert found(since=NOW + timedelta(microseconds=1)) == [four]
    assert found(until=three.cursor) == [one, two, three]
    assert found(until=START) == []
    assert found(audience=PUBLIC, types=("garden.plot.watered",), until=three.cursor) == [two]
    with database.read() as connection:
        wanted = Filter(types=("garden.plot.watered",))
        assert store.read(connection, START, 1, wanted) == [two]
        assert store.read(connection, two.cursor, 1, wanted) == [four]
        assert store.read(connection, four.cursor, 1, wanted) == []


class Counted(EventStore):
    """Counts what its readers had of the database."""

    read_bytes = 0

    def read(self, *arguments: Any, **options: Any) -> list[Event]:
        found = super().read(*arguments, **options)
        self.read_bytes += sum(len(event.data) for event in found)
        return found


@pytest.mark.parametrize("order", ["alike", "large first", "large last", "mixed", "wide"])
def test_a_page_ends_at_so_many_bytes_and_reads_little_more(database: Database, order: str):
    store = Counted(database.dialect)
    sizes = {
        "alike": [10_000] * 60,
        "large first": [200_000] + [100] * 200,
        "large last": [100] * 200 + [50_000] * 40,
        "mixed": [n % 7 * 5_000 for n in range(100)],
        "wide": [10_000] * 60,
    }[order]
    letter = "é" if order == "wide" else "e"
    with database.write() as connection:
        for number, size in enumerate(sizes):
            append(store, connection, f"plt_{number}", 0, Planted("A", ("b",), letter * size))
    seen: list[str] = []
    cursor = START
    while True:
        store.read_bytes = 0
        with database.read() as connection:
            page = store.read_page(connection, cursor, 150, most_bytes=100_000)
        if not page:
            break
        sent = sum(len(event.data.encode()) for event in page)
        assert len(page) == 1 or sent <= 100_000
        assert len(page) <= 150
        assert store.read_bytes <= 2 * sent + 64 * max(sizes)
        seen += [event.stream for event in page]
        cursor = page[-1].cursor
    assert seen == [f"plt_{number}" for number in range(len(sizes))]


def test_a_page_of_large_events_reads_few_that_it_does_not_send(database: Database):
    store = Counted(database.dialect)
    with database.write() as connection:
        for number in range(300):
            append(store, connection, f"plt_{number}", 0, Planted("A", ("b",), "e" * 40_000))
    with database.read() as connection:
        page = store.read_page(connection, START, 300, most_bytes=1_000_000)
    assert len(page) == 24
    assert store.read_bytes < 1_300_000
