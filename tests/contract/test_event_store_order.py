"""The one order of a store, under concurrent writers: every trap of it that is known.

Most are PostgreSQL's alone: SQLite's writers take turns.
"""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.connection import Connection
from shared.database import Database, lock_in_turn, try_lock
from shared.eventstore.events import START, Conflict, Cursor, Event, StreamAppend
from shared.eventstore.store import EventStore
from shared.projection.generations import OWN, hold
from tests.contract.gardens import CAUSE, NOW, TYPES, Planted, Watered, append
from tests.servers import await_that

WRITERS = 8
# How many transactions each writer makes, of up to how many events to a stream.
WORK = {"sqlite": (90, 20), "postgresql": (400, 4)}
BEANS = Planted("By the gate", ("beans",))


def write_many(database: Database, store: EventStore, writer: int) -> list[str]:
    """Changes streams of the writer's own, and some that all share; the ids of its events."""
    rng, versions, written = random.Random(writer), dict[str, int](), list[str]()
    transactions, most = WORK[database.dialect]
    for _ in range(transactions):
        streams = [f"plt_{writer}_{rng.randrange(5)}"]
        if rng.random() < 0.1:
            streams.append(f"plt_shared_{rng.randrange(3)}")
        try:
            with database.write() as connection:
                for stream in streams[1:]:
                    versions[stream] = len(store.load(connection, stream))
                appends = [
                    StreamAppend(s, versions.get(s, 0), [TYPES.encode(Watered(1))] * n)
                    for s in streams
                    for n in [rng.randint(1, most)]
                ]
                stored = store.append(connection, appends, cause=CAUSE, now=NOW)
        except Conflict:
            continue
        written += [event.id for event in stored]
        versions |= {event.stream: event.version for event in stored}
    return written


class Tailer:
    """Reads after its last event, again and again, while others write."""

    def __init__(self, database: Database, done: threading.Event) -> None:
        self.database, self.done = database, done
        self.seen: list[Event] = []
        self.positions: list[int] = []

    def by_cursor(self, store: EventStore) -> None:
        cursor, last = START, False
        while True:
            with self.database.read() as connection:
                page = store.read(connection, cursor, 500)
            self.seen += page
            if page:
                cursor = page[-1].cursor
            elif last:
                return
            else:
                last = self.done.wait(0.001)

    def by_position(self) -> None:
        """The naive way, which loses events on PostgreSQL: see how many it misses."""
        last = False
        while True:
            with self.database.read() as connection:
                page = connection.exec_driver_sql(
                    "SELECT position FROM events WHERE position > "
                    f"{self.positions[-1] if self.positions else 0} ORDER BY position LIMIT 500"
                ).all()
            self.positions += [row[0] for row in page]
            if not page:
                if last:
                    return
                last = self.done.wait(0.001)


def test_a_reader_beside_eight_writers_reads_every_event_once_and_in_order(
    database: Database, store: EventStore
):
    done = threading.Event()
    careful, naive = Tailer(database, done), Tailer(database, done)
    with ThreadPoolExecutor(WRITERS + 2) as pool:
        readers = [pool.submit(careful.by_cursor, store), pool.submit(naive.by_position)]
        writers = [pool.submit(write_many, database, store, n) for n in range(WRITERS)]
        try:
            written = [event_id for writer in writers for event_id in writer.result()]
        finally:
            done.set()
        for reader in readers:
            reader.result()

    print(f"{len(written)} events; by position alone {len(written) - len(naive.positions)} missed")
    assert len(written) > 7000
    assert sorted(event.id for event in careful.seen) == sorted(written)
    assert [event.cursor for event in careful.seen] == sorted(e.cursor for e in careful.seen)
    versions: dict[str, int] = {}
    for event in careful.seen:
        assert event.version == versions.get(event.stream, 0) + 1
        versions[event.stream] = event.version
    assert versions.keys() >= {"plt_shared_0", "plt_shared_1", "plt_shared_2"}


def test_the_same_work_of_two_at_once_is_done_by_one_of_them(database: Database, store: EventStore):
    barrier = threading.Barrier(2, timeout=20)

    def plant(_: int) -> bool:
        barrier.wait()
        try:
            with database.write() as connection:
                append(store, connection, "plt_1", 0, BEANS, Watered(1))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(plant, range(2))) == [False, True]
    with database.read() as connection:
        assert [event.version for event in store.load(connection, "plt_1")] == [1, 2]


def test_one_who_writes_without_a_pause_shuts_nobody_out(database: Database, store: EventStore):
    """As a rebuild or an import does, beside the requests of people."""
    done, works = threading.Event(), threading.Event()

    def write_on() -> None:
        while not done.is_set():
            with database.write() as connection:
                connection.exec_driver_sql("INSERT INTO deeds (deed) VALUES ('a batch')")
                works.set()
                done.wait(0.05)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_on)
        works.wait(20)
        try:
            waits = []
            for version in range(5):
                asked = time.monotonic()
                with database.write() as connection:
                    append(store, connection, "plt_1", version, Watered(1))
                waits.append(time.monotonic() - asked)
        finally:
            done.set()
        writing.result()
    assert max(waits) < 8  # seconds; without a turn of their own they wait for ever


@pytest.mark.postgres
def test_of_two_who_wait_for_each_other_one_succeeds_and_the_other_hears_of_a_conflict(
    postgres_database: Database,
):
    store, barrier = EventStore("postgresql"), threading.Barrier(2, timeout=20)

    def plant(streams: tuple[str, str]) -> bool:
        try:
            with postgres_database.write() as connection:
                append(store, connection, streams[0], 0, BEANS)
                barrier.wait()
                append(store, connection, streams[1], 0, BEANS)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = pool.map(plant, [("plt_1", "plt_2"), ("plt_2", "plt_1")])
        assert sorted(outcomes) == [False, True]
    with postgres_database.read() as connection:
        assert len(store.read(connection, START, 10)) == 2


@pytest.mark.postgres
def test_an_open_write_in_another_database_of_the_cluster_holds_readers_back_until_it_ends(
    postgres_database: Database, another_postgres_database
):
    store, elsewhere = EventStore("postgresql"), another_postgres_database()
    with postgres_database.write() as connection:
        before = append(store, connection, "plt_1", 0, BEANS)

    with elsewhere.write() as forgotten:
        append(store, forgotten, "plt_9", 0, BEANS)
        with postgres_database.write() as connection:
            after = append(store, connection, "plt_1", 1, Watered(1), Watered(2))
        with postgres_database.read() as connection:
            assert store.load(connection, "plt_1") == before + after
            assert store.read(connection, START, 10) == before
            assert store.read(connection, before[0].cursor, 10) == []
            assert store.head(connection) == before[0].cursor
            assert store.held_back(connection) == 2
            assert store.count_after(connection, before[0].cursor) == 2

    with postgres_database.read() as connection:
        assert store.read(connection, before[0].cursor, 10) == after
        assert store.held_back(connection) == 0


@pytest.mark.postgres
def test_one_who_only_reads_holds_nobody_back(postgres_database: Database):
    store = EventStore("postgresql")
    with postgres_database.write() as long_reader:
        long_reader.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert store.read(long_reader, START, 10) == []
        with postgres_database.write() as connection:
            written = append(store, connection, "plt_1", 0, BEANS)
        with postgres_database.read() as connection:
            assert store.read(connection, START, 10) == written


@pytest.mark.postgres
def test_a_forgotten_write_is_ended_by_the_database(postgres_database: Database):
    store = EventStore("postgresql")

    def seen() -> list[Event]:
        with postgres_database.read() as connection:
            return store.read(connection, START, 10)

    forgotten = postgres_database.session()
    assert _setting(forgotten, "idle_in_transaction_session_timeout") == "30s"
    forgotten.exec_driver_sql("SET idle_in_transaction_session_timeout = '300ms'")
    forgotten.begin("BEGIN")
    append(store, forgotten, "plt_9", 0, BEANS)
    with postgres_database.write() as connection:
        written = append(store, connection, "plt_1", 0, BEANS)
    assert seen() == []
    await_that(lambda: seen() == written)
    forgotten.discard()


def _setting(connection: Connection, name: str) -> str:
    return connection.exec_driver_sql(f"SHOW {name}").scalar_one()


def _write_something(connection: Connection) -> None:
    """Takes a transaction id."""
    connection.exec_driver_sql("INSERT INTO deeds (deed) VALUES ('wrote before it loaded')")


@pytest.mark.postgres
def test_one_who_wrote_something_before_it_loaded_conflicts_where_version_2_would_sort_before_1(
    postgres_database: Database,
):
    store = EventStore("postgresql")
    with postgres_database.write() as early:
        _write_something(early)
        with postgres_database.write() as connection:
            (first,) = append(store, connection, "plt_1", 0, BEANS)
        assert store.load(early, "plt_1") == [first]  # so it knows the version rightly
        with pytest.raises(Conflict):
            append(store, early, "plt_1", 1, Watered(1))

    with postgres_database.write() as connection:  # the same in a new transaction
        (second,) = append(store, connection, "plt_1", 1, Watered(1))
    with postgres_database.read() as connection:
        assert store.read(connection, START, 10) == [first, second]


@pytest.mark.postgres
def test_the_order_that_this_conflict_prevents_is_really_wrong(postgres_database: Database):
    store = EventStore("postgresql")
    with postgres_database.write() as early:
        _write_something(early)
        with postgres_database.write() as connection:
            append(store, connection, "plt_1", 0, BEANS)
        early.exec_driver_sql(
            "INSERT INTO events (epoch, stream_id, version, event_id, type, schema_version, time,"
            " audience, correlation_id, data)"
            " VALUES (1, 'plt_1', 2, 'x', 'garden.plot.watered', 1, now(), 'public', '', '{}')"
        )
    with postgres_database.read() as connection:
        assert [event.version for event in store.read(connection, START, 10)] == [2, 1]


@pytest.mark.postgres
def test_what_comes_before_a_load_takes_no_transaction_id(postgres_database: Database):
    store = EventStore("postgresql")
    with postgres_database.write() as connection:
        hold(connection, OWN)
        lock_in_turn(connection, "a turn")
        assert try_lock(connection, "a key")
        store.load(connection, "plt_1")
        store.load_many(connection, ["plt_1"])
        taken = "SELECT pg_current_xact_id_if_assigned()"
        assert connection.exec_driver_sql(taken).scalar_one() is None
        append(store, connection, "plt_1", 0, BEANS)
        assert connection.exec_driver_sql(taken).scalar_one() is not None


@pytest.mark.postgres
def test_a_cursor_of_any_size_that_is_well_formed_can_be_read_from(postgres_database: Database):
    store = EventStore("postgresql")
    far = Cursor.parse(f"{2**31 - 1}-{2**63 - 1}-{2**63 - 1}")
    with postgres_database.read() as connection:
        assert store.read(connection, far, 10) == []
        assert store.count_after(connection, far) == 0
