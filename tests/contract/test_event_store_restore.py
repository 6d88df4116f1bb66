"""A store that is moved to another cluster, whose transaction ids start low.

Events keep the ids of the cluster they come from. Without a new epoch those lie beyond the new
cluster's horizon; with one, order and cursors hold across the move.
"""

import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from shared.database import Database
from shared.eventstore.events import START, Conflict, Cursor, Event
from shared.eventstore.store import EventStore, Filter
from tests.contract.gardens import Planted, Watered, append
from tests.servers import PostgresServer, await_that

STORE = EventStore("postgresql")
AHEAD = 1_000_000  # transactions that the old cluster had seen, and the new one has not
BEANS = Planted("By the gate", ("beans",))


def filled(database: Database) -> list[Event]:
    """Thirty events of ten streams, a transaction each."""
    for version in range(3):
        for stream in range(10):
            with database.write() as connection:
                append(STORE, connection, f"plt_{stream}", version, Watered(version))
    return read_from(database, START)


def read_from(database: Database, cursor: Cursor) -> list[Event]:
    with database.read() as connection:
        return STORE.read(connection, cursor, 1000)


def held_back(database: Database) -> int:
    with database.read() as connection:
        return STORE.held_back(connection)


def copy_events(origin: Database, target: Database, ahead: int) -> None:
    """By COPY, as a dump does it, from a cluster that is `ahead` transactions further."""
    rest = "epoch, position, stream_id, version, event_id, type, schema_version, time, audience"
    rest += ", correlation_id, causation_id, actor, data, origin, via"
    older = f"(transaction_id::text::bigint + {ahead})::text::xid8"
    read = f"COPY (SELECT {older}, {rest} FROM events) TO STDOUT"
    write = f"COPY events (transaction_id, {rest}) FROM STDIN"
    with (
        psycopg.connect(_plain(origin.url)) as here,
        psycopg.connect(_plain(target.url)) as there,
        here.cursor().copy(read) as rows,
        there.cursor().copy(write) as copied,
    ):
        for row in rows:
            copied.write(row)


@pytest.fixture
def moved(postgres_database: Database, another_postgres_database) -> Database:
    """The events of `postgres_database`, in a database whose cluster begins anew."""
    filled(postgres_database)
    target = another_postgres_database()
    copy_events(postgres_database, target, AHEAD)
    return target


def as_moved(events: list[Event]) -> list[Event]:
    return [event._replace(transaction=event.transaction + AHEAD) for event in events]


@pytest.mark.postgres
def test_without_a_new_epoch_a_restored_store_hides_and_refuses(
    postgres_database: Database, moved: Database
):
    assert len(read_from(postgres_database, START)) == 30
    assert read_from(moved, START) == []
    assert held_back(moved) == 30

    with pytest.raises(Conflict), moved.write() as connection:
        append(STORE, connection, "plt_0", 3, Watered(4))  # or it would sort before version 3
    with moved.write() as connection:
        new = append(STORE, connection, "plt_new", 0, BEANS)
    assert read_from(moved, START) == new  # ahead of the thirty that came long before it


@pytest.mark.postgres
def test_with_a_new_epoch_a_restored_store_goes_on_where_it_was(
    postgres_database: Database, moved: Database
):
    old = as_moved(read_from(postgres_database, START))
    with moved.write() as connection:
        assert STORE.raise_epoch(connection) == 2
    assert read_from(moved, START) == old
    assert held_back(moved) == 0

    with moved.write() as connection:
        new = append(STORE, connection, "plt_0", 3, Watered(4))
    with moved.write() as connection:
        new += append(STORE, connection, "plt_new", 0, BEANS)
    assert read_from(moved, START) == old + new
    for place, event in enumerate(old):  # whatever a reader has seen before, it skips nothing
        assert read_from(moved, event.cursor) == old[place + 1 :] + new
    lost_by_the_restore = old[-1].cursor._replace(transaction=old[-1].transaction + 99)
    assert read_from(moved, lost_by_the_restore) == new
    assert held_back(moved) == 0


@pytest.mark.postgres
def test_in_a_new_epoch_the_horizon_still_holds(postgres_database: Database, moved: Database):
    with moved.write() as connection:
        STORE.raise_epoch(connection)
    with moved.write() as slow:
        append(STORE, slow, "plt_slow", 0, BEANS)
        with moved.write() as connection:
            append(STORE, connection, "plt_fast", 0, BEANS)
        assert len(read_from(moved, START)) == 30
        assert held_back(moved) == 1
    assert [e.stream for e in read_from(moved, START)[30:]] == ["plt_slow", "plt_fast"]


def test_a_reader_who_saw_what_a_restore_lost_goes_on_with_all_that_came_since(
    database: Database, store: EventStore
):
    with database.write() as connection:
        (kept,) = append(store, connection, "plt_1", 0, BEANS)
    lost = kept.cursor._replace(transaction=kept.transaction + 9, position=kept.position + 9)
    with database.write() as connection:
        store.raise_epoch(connection)
    with database.write() as connection:
        new = append(store, connection, "plt_1", 1, Watered(1), Watered(2))
    with database.read() as connection:
        assert store.read(connection, lost, 10) == new
        assert store.count_after(connection, lost) == 2
        assert store.read(connection, lost, 1) == new[:1]
        assert store.read(connection, new[0].cursor, 10) == new[1:]
        assert store.read(connection, START, 10, Filter(until=lost)) == [kept]


@pytest.mark.postgres
def test_an_epoch_is_not_closed_while_one_still_writes_in_it(postgres_database: Database):
    def waits() -> bool:
        with postgres_database.read() as connection:
            sql = "SELECT count(*) FROM pg_locks WHERE relation = 'events'::regclass"
            return connection.exec_driver_sql(f"{sql} AND NOT granted").scalar_one() > 0

    def begin_another() -> int:
        with postgres_database.write() as connection:
            return STORE.raise_epoch(connection)

    with ThreadPoolExecutor(1) as pool:
        with postgres_database.write() as slow:
            (slowly,) = append(STORE, slow, "plt_slow", 0, BEANS)
            raising = pool.submit(begin_another)
            await_that(lambda: waits() or raising.done())
            assert not raising.done()
            assert read_from(postgres_database, START) == []
        assert raising.result(20) == 2
    with postgres_database.write() as connection:
        (after,) = append(STORE, connection, "plt_1", 0, BEANS)
    assert (slowly.epoch, after.epoch) == (1, 2)
    assert read_from(postgres_database, START) == [slowly, after]


def test_a_new_epoch_waits_for_those_who_write_and_they_for_it(
    database: Database, store: EventStore
):
    """Nobody's event is stamped with an old epoch once readers trust that it is closed."""
    work, stop, seen = threading.Semaphore(0), threading.Event(), list[Event]()

    def write(writer: int) -> int:
        version = 0
        while work.acquire(timeout=20) and not stop.is_set():
            with database.write() as connection:
                append(store, connection, f"plt_{writer}", version, Watered(1))
            version += 1
        return version

    def saw(epoch: int) -> bool:
        with database.read() as connection:
            seen.extend(store.read(connection, seen[-1].cursor if seen else START, 1000))
        return bool(seen) and seen[-1].epoch == epoch

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, n) for n in range(4)]
        try:
            for epoch in range(1, 6):
                work.release(50)
                await_that(partial(saw, epoch))
                with database.write() as connection:  # while they go on writing
                    assert store.raise_epoch(connection) == epoch + 1
            work.release(50)
            await_that(partial(saw, 6))
        finally:
            stop.set()
            work.release(4)
    saw(6)

    assert len(seen) == sum(writer.result() for writer in writers) > 50
    assert [event.cursor for event in seen] == sorted(event.cursor for event in seen)
    for number, writer in enumerate(writers):
        versions = [event.version for event in seen if event.stream == f"plt_{number}"]
        assert versions == list(range(1, writer.result() + 1))


@pytest.mark.postgres
def test_a_dump_restored_in_another_cluster_loses_nothing_and_keeps_its_order(
    postgres: PostgresServer,
    postgres_database: Database,
    new_postgres: Callable[[], PostgresServer],
    tmp_path: Path,
):
    if postgres.bin is None:
        pytest.skip("no pg_dump of the server's version or later")
    with postgres.connect() as admin:  # so that this cluster is well ahead of a new one
        admin.execute(
            "DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP;"
            " END $$"
        )
    old = filled(postgres_database)
    other = new_postgres()
    url = other.create_database("restored")
    dump, programs = tmp_path / "dump", postgres.bin
    subprocess.run(
        [programs / "pg_dump", "-Fc", "-f", dump, _plain(postgres_database.url)], check=True
    )
    subprocess.run([programs / "pg_restore", "--no-owner", "-d", _plain(url), dump], check=True)

    restored = Database(url)
    try:
        assert held_back(restored) == 30
        with restored.write() as connection:
            STORE.raise_epoch(connection)
        with restored.write() as connection:
            new = append(STORE, connection, "plt_0", 3, Watered(4))
        assert read_from(restored, START) == old + new
        assert read_from(restored, old[7].cursor) == old[8:] + new
    finally:
        restored.close()


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
