"""Event stores to measure: Hedgerow's, migrated and filled, and its peer's."""

import uuid
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, StoredEvent
from eventsourcing.utils import Environment
from sqlalchemy.engine import make_url

import services.registry
from shared.clock import Clock
from shared.database import Database
from shared.eventstore.events import Cause, NewEvent, StreamAppend
from shared.eventstore.store import EventStore
from shared.migrations.migrate import migrate
from shared.projection.generations import OWN, hold

MIGRATIONS = Path(services.registry.__file__).parent / "migrations"
# A community's own words, some 300 bytes, as most events hold.
WORDS = "Falls prevention in care homes, shared between nurses, carers and pharmacists. " * 3
DATA = msgspec.json.encode({"name": "Falls prevention", "domain": WORDS}).decode()
TYPES = ("registry.community.registered", "registry.community.described")
CAUSE = Cause("bench")


def migrated(url: str) -> Database:
    """The database at `url` with every table that the registry has."""
    migrate(url, url, MIGRATIONS)
    return Database(url)


def fill(database: Database, events: int, data: str = DATA) -> None:
    """Append so many events, in streams of ten."""
    store, now = EventStore(database.dialect), Clock().now()
    new = [NewEvent(kind, 1, "public", data) for kind in (TYPES[0], *[TYPES[1]] * 9)]
    streams = [StreamAppend(f"com_{n:020}", 0, new) for n in range(events // len(new))]
    for start in range(0, len(streams), 100):
        with database.write() as connection:
            store.append(connection, streams[start : start + 100], cause=CAUSE, now=now)


def hedgerow_writer(number: int, url: str) -> Callable[[], None]:
    """Appends one event a transaction, as a command does: to a new stream, then to that again."""
    database = Database(url, pool_size=1)
    store, clock = EventStore(database.dialect), Clock()
    new = NewEvent(TYPES[0], 1, "public", DATA)
    numbers = count()

    def append() -> None:
        turn = next(numbers)
        stream = f"com_{number}_{turn // 2}_{_RUN}"
        with database.write() as connection:
            hold(connection, OWN)
            append = StreamAppend(stream, turn % 2, [new])
            store.append(connection, [append], cause=CAUSE, now=clock.now())

    return append


_RUN = uuid.uuid4().hex[:8]


def peer_writer(number: int, url: str) -> Callable[[], None]:
    """The same through the library `eventsourcing`."""
    recorder, state = peer_recorder(url, make_tables=False), DATA.encode()
    numbers, stream = count(), uuid.uuid4()

    def append() -> None:
        nonlocal stream
        turn = next(numbers)
        if turn % 2 == 0:
            stream = uuid.uuid4()
        recorder.insert_events([StoredEvent(stream, turn % 2 + 1, f"bench:{TYPES[0]}", state)])

    return append


def peer_recorder(url: str, *, make_tables: bool = True) -> ApplicationRecorder:
    """The peer's recorder on a database."""
    environment = peer_environment(url) | {"CREATE_TABLE": "yes" if make_tables else "no"}
    factory: Any = InfrastructureFactory.construct(Environment(env=environment))
    return factory.application_recorder()


def peer_environment(url: str) -> dict[str, str]:
    """How the peer is told where its database is."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": f"{parts.database}.peer",
            "SQLITE_LOCK_TIMEOUT": "15",
        }
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts.database),
        "POSTGRES_HOST": str(parts.host),
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": str(parts.username),
        "POSTGRES_PASSWORD": str(parts.password),
    }
