"""Another process follows a table by the rows that changed, and misses none."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.connection import Connection
from shared.database import Database
from shared.eventstore.events import Event
from shared.projection.follow import Mark, horizon, rows_since
from shared.projection.generations import FOLLOWED, active, keep_writers_out, swap
from shared.projection.projection import Row, project
from tests.contract.gardens import PLOTS, Planted, Watered, received

BEFORE = -(2**62)


class Follower:
    """Keeps what it was told of the table, as the index of a web process does."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.mark = Mark(1, BEFORE)
        self.rows: dict[str, Row] = {}

    def look(self) -> list[str]:
        with self.database.read() as connection:
            mark = horizon(connection, PLOTS)
            if mark.generation != self.mark.generation:
                self.mark, self.rows = Mark(mark.generation, BEFORE), {}
            told = {row["id"]: row for row in rows_since(connection, PLOTS, self.mark)}
        self.mark = mark
        self.rows |= told
        return sorted(told)


def planted(*streams: str) -> list[Event]:
    return [received(stream, 1, Planted(stream, ("beans",))) for stream in streams]


def apply(database: Database, *events: Event, generation: int = 1) -> None:
    with database.write() as connection:
        apply_within(connection, *events, generation=generation)


def apply_within(connection: Connection, *events: Event, generation: int = 1) -> None:
    assert not project(connection, [PLOTS], generation, events)


def rows(database: Database) -> dict[str, Row]:
    with database.read() as connection:
        return {row["id"]: row for row in rows_since(connection, PLOTS, Mark(1, BEFORE))}


def test_a_follower_is_told_all_at_first_and_then_what_changed(database: Database):
    follower = Follower(database)
    assert follower.look() == []
    apply(database, *planted("plt_1", "plt_2", "plt_3"))
    assert follower.look() == ["plt_1", "plt_2", "plt_3"]
    assert follower.look() == []
    apply(database, received("plt_2", 2, Watered(5)))
    apply(database, *planted("plt_4"))
    assert follower.look() == ["plt_2", "plt_4"]
    assert follower.look() == []
    assert follower.rows == rows(database)
    assert follower.rows["plt_2"]["litres"] == 5
    assert follower.rows["plt_2"]["crops"] == ["beans"]


def test_a_follower_is_told_of_each_change_of_the_same_row(database: Database):
    follower = Follower(database)
    apply(database, *planted("plt_1"))
    follower.look()
    for version in range(2, 6):
        apply(database, received("plt_1", version, Watered(1)))
        assert follower.look() == ["plt_1"]
        assert follower.rows["plt_1"]["version"] == version


def test_a_generation_that_is_being_filled_is_no_news_until_it_is_in_use(database: Database):
    follower = Follower(database)
    apply(database, *planted("plt_1", "plt_2"))
    follower.look()
    apply(database, *planted("plt_1", "plt_3"), generation=2)
    assert follower.look() == []
    with database.write() as connection:
        keep_writers_out(connection, FOLLOWED)
        swap(connection, FOLLOWED)
    assert follower.look() == ["plt_1", "plt_3"]
    assert follower.rows.keys() == {"plt_1", "plt_3"}


@pytest.mark.postgres
def test_a_reader_stays_with_the_generation_that_it_began_with(postgres_database: Database):
    with postgres_database.read() as reading:
        assert active(reading, FOLLOWED) == 1
        with postgres_database.write() as connection:
            keep_writers_out(connection, FOLLOWED)
            swap(connection, FOLLOWED)
            assert active(connection, FOLLOWED) == 2
        assert active(reading, FOLLOWED) == 1
    with postgres_database.read() as reading:
        assert active(reading, FOLLOWED) == 2


@pytest.mark.postgres
def test_what_a_long_transaction_wrote_is_told_when_it_ends(postgres_database: Database):
    follower = Follower(postgres_database)
    with postgres_database.write() as slow:
        apply_within(slow, *planted("plt_slow"))
        for n in range(3):
            apply(postgres_database, *planted(f"plt_{n}"))
            assert f"plt_{n}" in follower.look()
        apply_within(slow, *planted("plt_slower"))
    assert {"plt_slow", "plt_slower"} <= set(follower.look())
    assert follower.rows == rows(postgres_database)
    assert follower.look() == []


@pytest.mark.postgres
def test_what_a_transaction_wrote_after_it_had_long_taken_its_number_is_told(
    postgres_database: Database,
):
    follower = Follower(postgres_database)
    with postgres_database.write() as slow:
        slow.exec_driver_sql("INSERT INTO deeds (deed) VALUES ('took its number')")
        apply(postgres_database, *planted("plt_1"))
        follower.look()
        apply(postgres_database, *planted("plt_2"))
        follower.look()
        apply_within(slow, *planted("plt_slow"))
    assert "plt_slow" in follower.look()


def test_a_follower_beside_eight_writers_misses_no_row(database: Database):
    done, follower = threading.Event(), Follower(database)

    def write(writer: int) -> None:
        rng, versions = random.Random(writer), dict[str, int]()
        for _ in range(40):
            with database.write() as connection:
                for _ in range(rng.randint(1, 3)):  # some transactions are longer than others
                    stream = f"plt_{writer}_{rng.randrange(30)}"
                    version = versions[stream] = versions.get(stream, 0) + 1
                    event = Watered(version) if version > 1 else Planted(stream)
                    apply_within(connection, received(stream, version, event))

    def follow() -> int:
        looks = 0
        while not done.wait(0.001):
            follower.look()
            looks += 1
        return looks

    with ThreadPoolExecutor(9) as pool:
        following = pool.submit(follow)
        try:
            list(pool.map(write, range(8)))
        finally:
            done.set()
        assert following.result() > 10
    follower.look()
    assert len(follower.rows) > 100
    assert follower.rows == rows(database)
