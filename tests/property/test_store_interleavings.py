"""However transactions interleave, who reads by cursor reads what was committed, once, in order."""

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.connection import Connection
from shared.database import Database
from shared.eventstore.events import Conflict, Cursor, Event
from shared.eventstore.store import EventStore
from shared.migrations.migrate import migrate
from tests.contract.gardens import MIGRATIONS, Watered, append
from tests.servers import await_that

EXAMPLES = {"sqlite": 100, "postgresql": 120}
WRITERS, STREAMS = 4, 3
# Nothing here must outlive a power cut.
BEGIN = {
    "sqlite": ("PRAGMA synchronous = OFF", "BEGIN IMMEDIATE"),
    "postgresql": ("SET synchronous_commit = off", "BEGIN"),
}
numbers = count()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    migrate(database_url, database_url, MIGRATIONS)
    found = Database(database_url)
    yield found
    found.close()


class Writer:
    """One connection; it begins when it first does something."""

    def __init__(self, database: Database, store: EventStore) -> None:
        self.database, self.store = database, store
        self.connection: Connection | None = None
        self.loaded: dict[str, int] = {}
        self.written: list[Event] = []

    def begin(self) -> Connection:
        if self.connection is None:
            self.connection = self.database.session()
            for statement in BEGIN[self.database.dialect]:
                self.connection.begin(statement)
        return self.connection

    def load(self, stream: str) -> int:
        if stream not in self.loaded:
            self.loaded[stream] = len(self.store.load(self.begin(), stream))
        return self.loaded[stream]

    def number(self) -> int | None:
        """Its transaction id; None where it has none yet."""
        if self.database.dialect == "sqlite":
            return None
        sql = "SELECT pg_current_xact_id_if_assigned()::text::bigint"
        return self.begin().exec_driver_sql(sql).scalar_one()

    def end(self, how: str) -> list[Event]:
        """Ends its transaction, and answers what it wrote."""
        written = self.written
        if self.connection is not None:
            self.connection.exec_driver_sql(how)
            self.connection.close()
        self.connection, self.loaded, self.written = None, {}, []
        return written


class Interleaving:
    """Runs a schedule, with a plain model of what must come of it beside."""

    def __init__(self, database: Database) -> None:
        self.database, self.store = database, EventStore(database.dialect)
        self.prefix = f"plt_{next(numbers)}_"
        self.writers = [Writer(database, self.store) for _ in range(WRITERS)]
        self.committed: list[Event] = []
        with database.read() as connection:
            self.start = self.store.head(connection)
        self.seen: list[Event] = []

    def step(self, number: int, action: str, place: int) -> None:
        writer, stream = self.writers[number], f"{self.prefix}{place % STREAMS}"
        if action == "read":
            self.read(1 + place)
        elif action in ("COMMIT", "ROLLBACK"):
            written = writer.end(action)
            self.committed += written if action == "COMMIT" else []
        elif self.would_wait(writer, stream, action):
            return
        elif action == "load":
            writer.load(stream)
        elif action == "write":
            writer.begin().exec_driver_sql("INSERT INTO deeds (deed) VALUES ('something')")
        else:
            self.append(writer, stream, events=1 + place % 2)

    def would_wait(self, writer: Writer, stream: str, action: str) -> bool:
        others = [w for w in self.writers if w is not writer and w.connection is not None]
        if self.database.dialect == "sqlite":
            return bool(others)
        return action == "append" and any(e.stream == stream for w in others for e in w.written)

    def append(self, writer: Writer, stream: str, events: int) -> None:
        expected = writer.load(stream)
        history = [e for e in (*self.committed, *writer.written) if e.stream == stream]
        number = writer.number()
        stale = len(history) != expected
        early = number is not None and any(e.transaction > number for e in history)
        try:
            connection = writer.begin()
            stored = append(self.store, connection, stream, expected, *[Watered(1)] * events)
        except Conflict:
            assert stale or early
            writer.end("ROLLBACK")
        else:
            assert not stale
            assert not early
            writer.written += stored
            writer.loaded[stream] = expected + events

    def read(self, limit: int) -> int:
        cursor = self.seen[-1].cursor if self.seen else self.start
        page = self.page(cursor, limit)
        assert all(event in self.committed for event in page)
        self.seen += page
        return len(page)

    def page(self, cursor: Cursor, limit: int) -> list[Event]:
        with self.database.read() as connection:
            return self.store.read(connection, cursor, limit)

    def finish(self) -> None:
        for writer in self.writers:
            writer.end("ROLLBACK")
        await_that(self.all_read)

    def all_read(self) -> bool:
        while self.read(3):
            pass
        return len(self.seen) >= len(self.committed)


ACTIONS = ["append", "append", "COMMIT", "read", "append", "COMMIT", "write", "load", "ROLLBACK"]
steps = st.tuples(
    st.integers(0, WRITERS - 1), st.sampled_from(ACTIONS), st.integers(0, STREAMS * 2 - 1)
)


def test_a_reader_sees_the_committed_events_once_and_in_order(database: Database):
    @settings(
        max_examples=EXAMPLES[database.dialect],
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.lists(steps, min_size=25, max_size=60))
    def holds(schedule: list[tuple[int, str, int]]) -> None:
        run = Interleaving(database)
        try:
            for step in schedule:
                run.step(*step)
        finally:
            run.finish()
        assert sorted(run.seen) == sorted(run.committed)
        assert run.seen == sorted(run.seen, key=lambda event: event.cursor)
        assert run.page(run.start, 1000) == run.seen
        for stream in {event.stream for event in run.seen}:
            versions = [event.version for event in run.seen if event.stream == stream]
            assert versions == list(range(1, len(versions) + 1))

    holds()
