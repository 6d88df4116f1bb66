"""What tailers miss while eight processes write: Hedgerow's, and one that follows positions."""

import threading
from collections.abc import Callable, Iterator

from shared.database import Database
from shared.eventstore.events import START
from shared.eventstore.store import EventStore
from tests.bench import table
from tests.bench.crew import Crew
from tests.bench.ground import Ground
from tests.bench.stores import hedgerow_writer, migrated

WRITERS, EVENTS = 8, 100_000
_PAGE = 1000
Read = Callable[[], list[str]]


def tailing(ground: Ground) -> Iterator[table.Line]:
    """Both tailers read while the writers write; then all events are counted."""
    url = ground.database("postgresql")
    database = migrated(url)
    written = threading.Event()
    tailers = [Tailer(read, written) for read in (_by_cursor(database), _by_position(database))]
    with Crew(WRITERS, hedgerow_writer, url) as crew:
        for tailer in tailers:
            tailer.start()
        crew.start(EVENTS // WRITERS)
        crew.wait()
    written.set()
    for tailer in tailers:
        tailer.join()
    with database.read() as connection:
        stored = set(connection.exec_driver_sql("SELECT event_id FROM events").scalars())
    database.close()
    missed, naive = (len(stored - {*tailer.seen}) for tailer in tailers)
    doubled = len(tailers[0].seen) - len({*tailers[0].seen})
    yield table.Line(
        f"missed by a tailer, PostgreSQL, {WRITERS} writers",
        f"{missed + doubled:,} of {len(stored):,}",
        f"{naive:,} by position alone",
        target="0",
        met=missed + doubled == 0,
        bound="the oldest transaction still running holds readers back",
    )


class Tailer(threading.Thread):
    """Reads on and on; when all is written, until nothing more comes."""

    def __init__(self, read: Read, written: threading.Event) -> None:
        super().__init__(daemon=True)
        self._read, self._written = read, written
        self.seen: list[str] = []

    def run(self) -> None:
        while True:
            last = self._written.is_set()
            found = self._read()
            self.seen += found
            if not found and last:
                return
            if not found:
                self._written.wait(0.002)


def _by_cursor(database: Database) -> Read:
    store, cursor = EventStore(database.dialect), START

    def read() -> list[str]:
        nonlocal cursor
        with database.read() as connection:
            events = store.read(connection, cursor, _PAGE)
        cursor = events[-1].cursor if events else cursor
        return [event.id for event in events]

    return read


def _by_position(database: Database) -> Read:
    last = 0

    def read() -> list[str]:
        nonlocal last
        sql = "SELECT position, event_id FROM events WHERE position > %s ORDER BY position LIMIT %s"
        with database.read() as connection:
            rows = connection.exec_driver_sql(sql, (last, _PAGE))
        last = rows[-1][0] if rows else last
        return [row[1] for row in rows]

    return read
