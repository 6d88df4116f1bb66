"""A service's own read models are rebuilt beside those in use, while the service serves."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.clock import Clock
from shared.connection import Connection
from shared.database import Database
from shared.eventstore.events import PUBLIC, START, Event, NewEvent, StreamAppend
from shared.eventstore.store import EventStore
from shared.eventstore.streams import Change, Streams
from shared.projection import rebuild
from shared.projection.generations import OWN, active, hold
from shared.projection.projection import Row
from shared.projection.read_models import ReadModels
from shared.projection.rebuild import rebuild_own, run_requested
from shared.stream.source import SourceLacks, SourceUnavailable
from tests.contract.gardens import (
    CAUSE,
    NOW,
    PLOT,
    PLOTS,
    PROJECTIONS,
    TYPES,
    WATER,
    Cleared,
    Planted,
    Watered,
    fold_plot,
    folded,
    settle,
    tables,
)
from tests.servers import await_that

BEANS = Planted("By the gate", ("beans", "kale"))
STANDING = 700  # plots that are there all the time: more than one batch of a rebuild


class Garden:
    """A service: its commands change its read models in the transaction of their events."""

    def __init__(self, database: Database) -> None:
        self.database, self.store = database, EventStore(database.dialect)
        self.streams = Streams(self.store, TYPES, ReadModels(PROJECTIONS).project)

    def change(self, *changes: Change) -> None:
        with self.database.write() as connection:
            hold(connection, OWN)
            self.streams.append(connection, changes, cause=CAUSE, now=NOW)

    def handle(self, connection: Connection, stream: str, command: object) -> None:
        hold(connection, OWN)
        self.streams.handle(connection, PLOT, stream, command, cause=CAUSE, now=NOW)

    def command(self, stream: str, command: object) -> None:
        with self.database.write() as connection:
            self.handle(connection, stream, command)

    def rebuild(self, progress: Callable[[int], None] = lambda _: None) -> int:
        return rebuild_own(self.database, self.store, PROJECTIONS, progress, present=TYPES.present)

    def events(self) -> list[Event]:
        settle(self.database)
        return self.visible_events()

    def visible_events(self) -> list[Event]:
        with self.database.read() as connection:
            return self.store.read(connection, START, 100_000)

    def generation(self) -> int:
        with self.database.read() as connection:
            return active(connection, OWN)

    def tables(self) -> dict:
        with self.database.read() as connection:
            return tables(connection, active(connection, OWN))


@pytest.fixture
def garden(database: Database) -> Garden:
    found = Garden(database)
    found.change(*(Change(f"plt_{n}", 0, [BEANS]) for n in range(STANDING)))
    return found


def test_a_rebuild_swaps_in_the_same_tables(garden: Garden):
    garden.command("plt_1", Watered(4))
    garden.command("plt_2", Cleared())
    before, said = garden.tables(), list[int]()
    for generation in (2, 1):
        assert garden.rebuild(said.append) == STANDING + 2
        assert garden.generation() == generation
        assert garden.tables() == before == folded(garden.events())
    garden.command("plt_1", Watered(5))
    assert garden.tables() == folded(garden.events())
    assert said[:2] == [500, STANDING + 2]


def test_a_rebuild_mends_what_was_spoilt_and_takes_what_is_new(garden: Garden):
    """As after a mistake in a projection, or with a column that it did not fill before."""
    with garden.database.write() as connection:
        connection.exec_driver_sql("UPDATE plots_1 SET name = 'spoilt'")
        connection.exec_driver_sql("DELETE FROM water_1")
        connection.exec_driver_sql("INSERT INTO water_2 VALUES ('left over', 1)")
    garden.rebuild()
    assert garden.tables() == folded(garden.events())


def test_events_of_old_versions_are_upcast_for_a_rebuild(garden: Garden):
    """Their projection was written when they were; it reads the present version alone now."""
    old = NewEvent("garden.plot.planted", 1, PUBLIC, '{"name": "Old", "crop": "kale"}')
    with garden.database.write() as connection:
        appends = [StreamAppend("plt_old", 0, [old])]
        garden.store.append(connection, appends, cause=CAUSE, now=NOW)
    garden.rebuild()
    assert ("plt_old", 1, "Old", 0, '["kale"]') in garden.tables()["plots"]


def test_what_is_written_while_a_rebuild_fills_is_in_both_generations(garden: Garden):
    litres = iter(range(1, 10))

    def write(_: int) -> None:
        garden.command("plt_1", Watered(next(litres)))

    garden.rebuild(write)
    assert len(garden.events()) >= STANDING + 3
    assert garden.tables() == folded(garden.events())


def test_a_rebuild_among_eight_writers_and_readers_loses_nothing(garden: Garden):
    done = threading.Event()

    def write(writer: int) -> None:
        for n in range(25):
            plot = f"plt_new_{writer}_{n % 4}"
            garden.command(plot, BEANS)
            garden.command(plot, Watered(n))
            garden.command(f"plt_{writer}", Watered(1))
            if n % 5 == 4:
                garden.command(plot, Cleared())

    def read() -> int:
        """The fewest rows of plots, and of what they grow, that a reader ever saw."""
        fewest = 10**6
        while not done.is_set():
            with garden.database.read() as connection:
                generation = active(connection, OWN)
                for table, each in (("plots", 1), ("plot_crops", 2)):
                    sql = f"SELECT count(*) FROM {table}_{generation}"
                    count = connection.exec_driver_sql(sql).scalar_one()
                    fewest = min(fewest, count // each)
        return fewest

    with ThreadPoolExecutor(9) as pool:
        reader = pool.submit(read)
        writers = [pool.submit(write, n) for n in range(8)]
        try:
            garden.rebuild()
        finally:
            done.set()
        fewest = reader.result()  # before the tables that it may just be reading are emptied
        while not all(writer.done() for writer in writers):
            garden.rebuild()
        for writer in writers:
            writer.result()

    assert fewest >= STANDING
    assert len(garden.events()) > STANDING + 8 * 25 * 2
    assert garden.tables() == folded(garden.events())


@pytest.mark.postgres
def test_a_rebuild_waits_for_those_who_write_and_takes_what_readers_may_not_see_yet(
    postgres_database: Database, another_postgres_database
):
    garden = Garden(postgres_database)
    garden.command("plt_1", BEANS)

    def waits() -> bool:
        with postgres_database.read() as connection:
            sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            return connection.exec_driver_sql(sql).scalar_one() > 0

    with another_postgres_database().write() as elsewhere, ThreadPoolExecutor(1) as pool:
        elsewhere.exec_driver_sql("INSERT INTO deeds (deed) VALUES ('holds readers back')")
        garden.command("plt_1", Watered(3))
        with garden.database.write() as connection:
            garden.handle(connection, "plt_1", Watered(4))
            rebuilding = pool.submit(garden.rebuild)
            await_that(waits)
        assert rebuilding.result(20) == 3
        assert len(garden.visible_events()) == 1
        assert garden.tables()["plots"] == [("plt_1", 3, "By the gate", 7, '["beans","kale"]')]


def test_a_rebuild_that_fails_leaves_what_is_in_use(garden: Garden):
    garden.command("plt_650", Watered(4))

    def fold_badly(row: Row | None, event: Event) -> Row | None:
        if event.stream == "plt_650":
            raise ZeroDivisionError("a defect")
        return fold_plot(row, event)

    broken = (WATER, replace(PLOTS, fold=fold_badly))
    before = garden.tables()
    with pytest.raises(ZeroDivisionError):
        rebuild_own(garden.database, garden.store, broken)
    assert (garden.generation(), garden.tables()) == (1, before)
    garden.command("plt_650", Watered(5))

    garden.rebuild()
    assert garden.generation() == 2
    assert garden.tables() == folded(garden.events())


def test_a_rebuild_that_was_asked_for_is_carried_out_and_noted(database: Database):
    clock = Clock(timedelta(days=1))

    def state() -> tuple:
        with database.read() as connection:
            found = rebuild.state(connection)
        assert set(found) >= {"state", "done", "error"}
        return found["state"], found["done"], found["error"]

    def work(progress: Callable[[int], None]) -> int:
        progress(500)
        assert state() == ("running", 500, None)
        assert rebuild.requested(database)  # if this process died, the next one would begin anew
        return 700

    def fail(progress: Callable[[int], None]) -> int:
        raise ZeroDivisionError("a defect")

    assert (state(), rebuild.requested(database)) == (("idle", 0, None), False)
    with database.write() as connection:
        rebuild.request(connection, "all", clock)
    assert (state(), rebuild.requested(database)) == (("requested", 0, None), True)
    run_requested(database, clock, work)
    assert (state(), rebuild.requested(database)) == (("done", 700, None), False)

    with pytest.raises(ZeroDivisionError):
        run_requested(database, clock, fail)
    assert state() == ("failed", 0, "ZeroDivisionError: a defect")
    assert not rebuild.requested(database)


@pytest.mark.parametrize(
    ("trouble", "asked_for"),
    [(SourceUnavailable("not there yet"), True), (SourceLacks("gone"), False)],
)
def test_a_rebuild_waits_for_a_source_that_does_not_answer_yet(
    database: Database, trouble: Exception, asked_for: bool
):
    clock = Clock(timedelta(0))

    def fail(_progress: Callable[[int], None]) -> int:
        raise trouble

    with database.write() as connection:
        rebuild.request(connection, "all", clock)
    with pytest.raises(type(trouble)):
        run_requested(database, clock, fail)
    assert rebuild.requested(database) is asked_for
