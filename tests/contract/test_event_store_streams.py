"""Deciders on streams: one lawful history, whoever else is writing."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.database import Database
from shared.eventstore.codec import UnknownEventType
from shared.eventstore.events import PUBLIC, START, Conflict, NewEvent, StreamAppend
from shared.eventstore.store import EventStore
from shared.eventstore.streams import Change, Loaded, StaleVersion, Streams
from shared.projection.generations import OWN, hold
from shared.projection.read_models import ReadModels
from tests.contract.gardens import (
    CAUSE,
    NOW,
    PLOT,
    PROJECTIONS,
    TYPES,
    Cleared,
    Planted,
    Plot,
    Refused,
    Watered,
    folded,
    tables,
)
from tests.servers import await_that

BEANS = Planted("By the gate", ("beans",))


@pytest.fixture
def streams(store: EventStore) -> Streams:
    return Streams(store, TYPES, ReadModels(PROJECTIONS).project)


def handle(
    database: Database, streams: Streams, stream: str, command: object, expected: int | None = None
) -> Loaded[Plot]:
    with database.write() as connection:
        hold(connection, OWN)
        return streams.handle(
            connection, PLOT, stream, command, cause=CAUSE, now=NOW, expected=expected
        )


def load(database: Database, streams: Streams, stream: str) -> Loaded[Plot]:
    with database.read() as connection:
        return streams.load(connection, PLOT, stream)


def test_a_command_is_decided_appended_and_projected_at_once(database: Database, streams: Streams):
    assert handle(database, streams, "plt_1", BEANS) == Loaded(Plot(planted=True), 1)
    assert handle(database, streams, "plt_1", Watered(5)) == Loaded(Plot(True, 5), 2)

    assert load(database, streams, "plt_1") == Loaded(Plot(True, 5), 2)
    with database.read() as connection:
        events = streams.store.read(connection, START, 10)
        assert [(event.version, event.time, event.actor) for event in events] == [
            (1, NOW, "per_1"),
            (2, NOW, "per_1"),
        ]
        assert tables(connection, 1) == {
            "plots": [("plt_1", 2, "By the gate", 5, '["beans"]')],
            "plot_crops": [("plt_1", "beans")],
            "water": [("garden", 5)],
        }


def test_what_is_refused_or_changes_nothing_writes_nothing(database: Database, streams: Streams):
    with pytest.raises(Refused):
        handle(database, streams, "plt_1", Watered(5))
    handle(database, streams, "plt_1", BEANS)
    assert handle(database, streams, "plt_1", BEANS) == Loaded(Plot(planted=True), 1)

    with database.read() as connection:
        assert len(streams.store.read(connection, START, 10)) == 1


def test_a_version_that_the_stream_is_no_longer_at_is_stale(database: Database, streams: Streams):
    handle(database, streams, "plt_1", BEANS, expected=0)
    with pytest.raises(StaleVersion):
        handle(database, streams, "plt_1", Watered(5), expected=0)
    with pytest.raises(StaleVersion):
        handle(database, streams, "plt_1", Watered(5), expected=2)
    assert handle(database, streams, "plt_1", Watered(5), expected=1).version == 2


def test_a_read_model_that_fails_fails_the_command(database: Database, streams: Streams):
    handle(database, streams, "plt_1", BEANS)
    with pytest.raises(ValueError, match="uphill"):
        handle(database, streams, "plt_1", Watered(-1))
    assert load(database, streams, "plt_1").version == 1


def test_several_streams_are_loaded_and_changed_together_or_not_at_all(
    database: Database, streams: Streams
):
    handle(database, streams, "plt_2", BEANS)

    def change(second: int) -> None:
        with database.write() as connection:
            loaded = streams.load_many(connection, PLOT, ["plt_1", "plt_2"])
            changes = [
                Change("plt_1", loaded["plt_1"].version, [BEANS]),
                Change("plt_2", second, [Watered(3), Cleared()]),
                Change("plt_3", 0, []),
            ]
            streams.append(connection, changes, cause=CAUSE, now=NOW)

    with pytest.raises(Conflict):
        change(second=0)
    assert load(database, streams, "plt_1") == Loaded(Plot(), 0)
    change(second=1)
    with database.read() as connection:
        assert streams.load_many(connection, PLOT, ["plt_1", "plt_2", "plt_3"]) == {
            "plt_1": Loaded(Plot(planted=True), 1),
            "plt_2": Loaded(Plot(), 3),
            "plt_3": Loaded(Plot(), 0),
        }


def test_events_of_old_versions_are_upcast_as_they_are_read_and_stay_as_they_were(
    database: Database, store: EventStore
):
    streams = Streams(store, TYPES, lambda *_: None)
    old = NewEvent("garden.plot.planted", 1, PUBLIC, '{"name": "Old", "crop": "kale"}')
    with database.write() as connection:
        appends = [StreamAppend("plt_1", 0, [old])]
        (stored,) = streams.store.append(connection, appends, cause=CAUSE, now=NOW)
    assert handle(database, streams, "plt_1", Watered(5)).version == 2
    with database.read() as connection:
        first, _ = streams.store.load(connection, "plt_1")
    assert first == stored
    assert (first.schema, first.data) == (1, old.data)
    assert TYPES.decode(first) == Planted("Old", ("kale",))


def test_a_stream_with_an_event_of_a_later_version_is_not_guessed_at(
    database: Database, streams: Streams
):
    later = NewEvent("garden.plot.planted", 3, PUBLIC, '{"name": "New", "crops": []}')
    with database.write() as connection:
        streams.store.append(connection, [StreamAppend("plt_1", 0, [later])], cause=CAUSE, now=NOW)
    with pytest.raises(UnknownEventType, match=r"garden\.plot\.planted version 3"):
        handle(database, streams, "plt_1", Watered(5))


def test_eight_who_change_one_stream_make_one_lawful_history(database: Database, streams: Streams):
    handle(database, streams, "plt_1", BEANS)
    start = threading.Barrier(8)

    def water(_: int) -> int:
        start.wait(20)
        done = 0
        while done < 10:
            try:
                handle(database, streams, "plt_1", Watered(1))
                done += 1
            except Conflict:
                continue  # as a command's handler does: anew, in a new transaction
        return done

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(water, range(8))) == 80
    assert load(database, streams, "plt_1") == Loaded(Plot(True, 80), 81)
    with database.read() as connection:
        events = streams.store.load(connection, "plt_1")
        assert [event.version for event in events] == list(range(1, 82))
        assert events == streams.store.read(connection, START, 100)
        assert tables(connection, 1) == folded(events)


@pytest.mark.postgres
def test_one_who_loaded_waited_and_came_second_conflicts(postgres_database: Database):
    streams = Streams(EventStore("postgresql"), TYPES, ReadModels(PROJECTIONS).project)
    handle(postgres_database, streams, "plt_1", BEANS)

    def waits() -> bool:
        with postgres_database.read() as connection:
            sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            sql += " AND datname = current_database()"
            return connection.exec_driver_sql(sql).scalar_one() > 0

    with ThreadPoolExecutor(1) as pool, postgres_database.write() as second:
        loaded = streams.load(second, PLOT, "plt_1")
        change = [Change("plt_1", loaded.version, [Watered(2)])]
        with postgres_database.write() as first:
            streams.handle(first, PLOT, "plt_1", Watered(1), cause=CAUSE, now=NOW)
            appending = pool.submit(streams.append, second, change, cause=CAUSE, now=NOW)
            await_that(waits)
        with pytest.raises(Conflict):
            appending.result(20)
    assert load(postgres_database, streams, "plt_1") == Loaded(Plot(True, 1), 2)
