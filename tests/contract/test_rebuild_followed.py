"""What a service keeps of others' events is rebuilt while its consumers go on."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shared.clock import Clock
from shared.database import Database
from shared.eventstore.events import START, Cursor, Event
from shared.eventstore.store import ALL, EventStore, Filter
from shared.projection import rebuild
from shared.projection.apply import apply_batches
from shared.projection.consumer import Consumer
from shared.projection.generations import FOLLOWED, active, hold
from shared.projection.inbox import parked
from shared.projection.positions import advance, positions
from shared.projection.reactions import Reaction, carry_out
from shared.projection.rebuild import rebuild_followed
from shared.stream.source import Batch, Look, SourceUnavailable
from tests.contract.gardens import (
    NOW,
    PLOTS,
    PROJECTIONS,
    WATER,
    Cleared,
    Planted,
    Watered,
    append,
    fold_plot,
    folded,
    settle,
    tables,
)
from tests.contract.test_reactions import deeds, do_deed
from tests.servers import await_that

BEANS = Planted("By the gate", ("beans", "kale"))
STANDING = 700
NOTICE = Reaction("notice", frozenset({"garden.plot.watered"}), do_deed)
Positions = Callable[[], dict[str, str]]


class StoreSource:
    """Another service's events, read from its store in this process."""

    transport, sources, partition = "store", ("garden",), "garden/store"

    def __init__(self, origin: "Garden", stored: Positions, until: Positions | None = None) -> None:
        self._origin, self._stored, self._until = origin, stored, until
        self._position: str | None = None
        self._known = self.closed = False

    def poll(self, seconds: float) -> list[Batch]:
        if not self._known:
            self._position, self._known = self._stored().get(self.partition), True
        bound = self._until().get(self.partition, "0-0-0") if self._until else None
        after = Cursor.parse(self._position) if self._position else START
        events = self._origin.events(after, 200, Cursor.parse(bound) if bound else None)
        if not events:
            return []
        return [Batch("garden", self.partition, self._position, str(events[-1].cursor), events)]

    def moved(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            self._position = batch.after

    def reads(self, partition: str) -> bool:
        return partition == self.partition

    def reset(self) -> None:
        self._known = False

    def look(self) -> list[Look]:
        return []

    def close(self) -> None:
        self.closed = True


class Garden:
    """The service that is followed."""

    def __init__(self, database: Database) -> None:
        self.database, self.store = database, EventStore(database.dialect)

    def write(self, stream: str, expected: int, *events: object) -> None:
        with self.database.write() as connection:
            append(self.store, connection, stream, expected, *events)

    def events(
        self, after: Cursor = START, limit: int = 100_000, until: Cursor | None = None
    ) -> list[Event]:
        with self.database.read() as connection:
            wanted = Filter(until=until) if until else ALL
            return self.store.read(connection, after, limit, wanted)


class Follower:
    """The service that follows it."""

    def __init__(self, database: Database, garden: Garden) -> None:
        self.database, self.garden = database, garden
        self.readers: list[StoreSource] = []
        source = StoreSource(garden, self.positions)
        self.consumer = Consumer(database, Clock(), source, PROJECTIONS, [NOTICE])

    def positions(self) -> dict[str, str]:
        with self.database.read() as connection:
            return positions(connection, active(connection, FOLLOWED))

    def consume(self) -> None:
        """Everything there is."""
        settle(self.garden.database)
        while self.consumer.step(0):
            pass

    def rebuild(self, progress: Callable[[int], None] = lambda _: None) -> int:
        def reader(stored: Positions, until: Positions) -> StoreSource:
            self.readers.append(StoreSource(self.garden, stored, until))
            return self.readers[-1]

        return rebuild_followed(
            self.database, Clock(), PROJECTIONS, [reader], progress, reacts=[NOTICE]
        )

    def generation(self) -> int:
        with self.database.read() as connection:
            return active(connection, FOLLOWED)

    def tables(self) -> dict:
        with self.database.read() as connection:
            return tables(connection, active(connection, FOLLOWED))

    def parked(self) -> list[tuple[str, int, str]]:
        with self.database.read() as connection:
            waiting = parked(connection, active(connection, FOLLOWED))
        return [(letter.stream, letter.version, letter.reason) for letter in waiting]

    def reactions(self) -> list[str]:
        with self.database.read() as connection:
            found = connection.exec_driver_sql("SELECT event_id FROM reactions ORDER BY event_id")
            return list(found.scalars())


@pytest.fixture
def garden(neighbour: Database) -> Garden:
    found = Garden(neighbour)
    with neighbour.write() as connection:
        for n in range(STANDING):
            append(found.store, connection, f"plt_{n}", 0, BEANS)
    return found


@pytest.fixture
def follower(database: Database, garden: Garden) -> Follower:
    found = Follower(database, garden)
    found.consume()
    return found


def test_a_rebuild_swaps_in_the_same_tables_and_tells_nobody(follower: Follower, garden: Garden):
    garden.write("plt_1", 1, Watered(4), Watered(5))
    garden.write("plt_2", 1, Cleared())
    follower.consume()
    before, noticed, said = follower.tables(), follower.reactions(), list[int]()
    assert len(noticed) == 2
    for generation in (2, 1):
        assert follower.rebuild(said.append) == STANDING + 3
        assert follower.generation() == generation
        assert follower.tables() == before == folded(garden.events())
    assert follower.reactions() == noticed
    assert said[:4] == [200, 400, 600, 703]
    assert all(reader.closed for reader in follower.readers)

    garden.write("plt_1", 3, Watered(6))
    follower.consume()  # the consumer goes on as if nothing had been
    assert follower.tables() == folded(garden.events())
    assert len(follower.reactions()) == 3


def test_a_rebuild_leaves_to_the_consumers_what_they_have_not_seen(
    follower: Follower, garden: Garden
):
    garden.write("plt_1", 1, Watered(4))
    assert follower.rebuild() == STANDING
    assert follower.reactions() == []
    follower.consume()
    assert follower.tables() == folded(garden.events())
    assert len(follower.reactions()) == 1


def test_what_is_parked_is_parked_again_and_nothing_twice(follower: Follower, garden: Garden):
    garden.write("plt_1", 1, Watered(-4), Watered(5))
    garden.write("plt_2", 1, Watered(1000), Watered(5))
    garden.write("plt_3", 1, Watered(6))
    follower.consume()
    waiting = follower.parked()
    assert [reason for _, _, reason in waiting] == ["failed", "behind"] * 2
    before = follower.tables()
    for _ in range(3):  # the third into the tables of the first
        follower.rebuild()
        assert follower.tables() == before
        assert follower.parked() == waiting
    assert len(follower.reactions()) == 1


def test_what_comes_steadily_does_not_keep_a_rebuild_from_its_end(
    follower: Follower, garden: Garden
):
    versions = iter(range(1, 20))

    def go_on(_: int) -> None:
        garden.write("plt_1", next(versions), Watered(1))
        follower.consume()

    follower.rebuild(go_on)
    follower.consume()
    assert follower.tables() == folded(garden.events())


def test_a_rebuild_among_eight_writers_loses_nothing_and_reacts_to_each_event_once(
    follower: Follower, garden: Garden
):
    done, written = threading.Event(), threading.Event()

    def write(writer: int) -> None:
        for n in range(30):
            garden.write(f"plt_new_{writer}_{n}", 0, BEANS, Watered(n))
            garden.write(f"plt_{writer}", n + 1, Watered(1))

    def consume() -> None:
        while not (written.is_set() and not follower.consumer.step(0)):
            follower.consumer.step(0)

    def react() -> None:
        while carry_out(follower.database, {"notice": NOTICE}, Clock().now()) or not done.wait(
            0.005
        ):
            pass

    with ThreadPoolExecutor(10) as pool:
        writers = [pool.submit(write, n) for n in range(8)]
        others = [pool.submit(consume), pool.submit(react)]
        try:
            rebuilds = 0
            while rebuilds < 2 or not all(writer.done() for writer in writers):
                follower.rebuild()
                rebuilds += 1
            written.set()
            others[0].result(30)
        finally:
            written.set()
            done.set()
        for worker in (*writers, *others):
            worker.result()

    events = garden.events()
    watered = sorted(event.id for event in events if event.type == "garden.plot.watered")
    assert len(events) == STANDING + 8 * 90
    assert follower.tables() == folded(events)
    assert follower.reactions() == watered
    assert sorted(deed.split()[0] for deed in deeds(follower.database)) == watered
    follower.rebuild()
    assert follower.tables() == folded(events)
    assert follower.reactions() == watered


@pytest.mark.postgres
def test_a_rebuild_waits_for_a_consumer_that_is_applying(
    postgres_database: Database, another_postgres_database: Callable[[], Database]
):
    garden = Garden(another_postgres_database())
    follower = Follower(postgres_database, garden)
    garden.write("plt_1", 0, BEANS)
    follower.consume()
    garden.write("plt_1", 1, Watered(4))
    (batch,) = StoreSource(garden, follower.positions).poll(0)

    with ThreadPoolExecutor(1) as pool:
        with postgres_database.write() as connection:
            hold(connection, FOLLOWED)
            apply_batches(connection, 1, PROJECTIONS, [batch], NOW)
            rebuilding = pool.submit(follower.rebuild)
            await_that(lambda: rebuilding.done() or waits_for_lock(postgres_database))
            assert not rebuilding.done()
        assert rebuilding.result(20) == 2
    assert follower.tables() == folded(garden.events())


def waits_for_lock(database: Database) -> bool:
    with database.read() as connection:
        sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return connection.exec_driver_sql(sql).scalar_one() > 0


def test_positions_of_a_transport_used_before_are_no_goal(follower: Follower, garden: Garden):
    with follower.database.write() as connection:
        advance(connection, 1, "garden", "hedgerow.garden/3", expected=None, position="17")
    assert follower.rebuild() == STANDING
    assert follower.positions().keys() == {StoreSource.partition}


def test_a_rebuild_that_fails_leaves_what_is_in_use(
    follower: Follower, garden: Garden, monkeypatch: pytest.MonkeyPatch
):
    before = follower.tables()
    readable = garden.events
    monkeypatch.setattr(rebuild, "_EMPTY_POLLS", 3)
    monkeypatch.setattr(garden, "events", lambda *place: readable(*place)[: 600 - place[0][2]])
    with pytest.raises(SourceUnavailable, match="no longer has what was read"):
        follower.rebuild()
    monkeypatch.undo()
    assert (follower.generation(), follower.tables()) == (1, before)
    assert all(reader.closed for reader in follower.readers)

    garden.write("plt_1", 1, Watered(4))
    follower.consume()
    assert follower.rebuild() == STANDING + 1
    assert (follower.generation(), follower.tables()) == (2, folded(garden.events()))


def test_once_the_code_is_mended_a_rebuild_takes_what_was_parked_and_reacts_to_that_alone(
    follower: Follower, garden: Garden
):
    garden.write("plt_1", 1, Watered(-4), Watered(5))
    garden.write("plt_2", 1, Watered(6))
    follower.consume()
    told = follower.reactions()

    def mended(row, event: Event):
        return fold_plot(row, event._replace(data=event.data.replace("-", "")))

    projections = (WATER, replace(PLOTS, fold=mended))
    rebuild_followed(
        follower.database,
        Clock(),
        projections,
        [lambda stored, until: StoreSource(garden, stored, until)],
        reacts=[NOTICE],
    )
    assert follower.parked() == []
    at_last = [event.id for event in garden.events() if event.stream == "plt_1"][1:]
    assert follower.reactions() == sorted([*told, *at_last])
    assert follower.tables()["plots"][1][:4] == ("plt_1", 3, "By the gate", 9)
