"""Databases as the services have them, of each kind in turn."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.database import Database
from shared.eventstore.store import EventStore
from shared.migrations.migrate import migrate
from tests.contract.gardens import MIGRATIONS
from tests.servers import PostgresServer


def opened(url: str) -> Database:
    migrate(url, url, MIGRATIONS)
    return Database(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with every migration, of each kind in turn."""
    found = opened(database_url)
    yield found
    found.close()


@pytest.fixture
def store(database: Database) -> EventStore:
    return EventStore(database.dialect)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    found = opened(postgres_url)
    yield found
    found.close()


@pytest.fixture
def neighbour(
    database_url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Database]:
    """A second database of the same kind, beside `database`: that of another service."""
    if database_url.startswith("sqlite"):
        found = opened(f"sqlite:///{tmp_path / 'neighbour.sqlite3'}")
        yield found
        found.close()
        return
    make = request.getfixturevalue("another_postgres_database")
    yield make()


@pytest.fixture
def another_postgres_database(postgres: PostgresServer) -> Iterator[Callable[[], Database]]:
    """Makes further databases in the same cluster."""
    made: dict[str, Database] = {}

    def make() -> Database:
        name = f"hedgerow_test_{uuid.uuid4().hex}"
        made[name] = opened(postgres.create_database(name))
        return made[name]

    yield make
    for name, database in made.items():
        database.close()
        postgres.drop_database(name)
