"""Databases as the services have them, of each kind in turn: copies of one that was migrated."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.database import Database
from shared.eventstore.store import EventStore
from shared.migrations.migrate import migrate
from tests.contract.gardens import MIGRATIONS
from tests.servers import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with every migration, of each kind in turn."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def store(database: Database) -> EventStore:
    return EventStore(database.dialect)


@pytest.fixture
def neighbour(database: Database, request: pytest.FixtureRequest) -> Database:
    """A second database of the same kind: that of another service."""
    make = "sqlite" if database.dialect == "sqlite" else "postgres"
    return request.getfixturevalue(f"another_{make}_database")()


@pytest.fixture
def sqlite_database(another_sqlite_database: Callable[[], Database]) -> Database:
    return another_sqlite_database()


@pytest.fixture
def postgres_database(another_postgres_database: Callable[[], Database]) -> Database:
    return another_postgres_database()


@pytest.fixture
def another_sqlite_database(
    migrated_file: Path, tmp_path: Path
) -> Iterator[Callable[[], Database]]:
    """Makes a further database, in a file of its own."""
    made: list[Database] = []

    def make() -> Database:
        path = tmp_path / f"garden_{len(made)}.sqlite3"
        shutil.copy(migrated_file, path)
        made.append(Database(f"sqlite:///{path}"))
        return made[-1]

    yield make
    for database in made:
        database.close()


@pytest.fixture
def another_postgres_database(
    postgres: PostgresServer, migrated_name: str
) -> Iterator[Callable[[], Database]]:
    """Makes a further database, in the same cluster."""
    made: dict[str, Database] = {}

    def make() -> Database:
        name = f"hedgerow_test_{uuid.uuid4().hex}"
        made[name] = Database(postgres.create_database(name, template=migrated_name))
        return made[name]

    yield make
    for name, database in made.items():
        database.close()
        postgres.drop_database(name)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "garden.sqlite3"
    migrate(f"sqlite:///{path}", f"sqlite:///{path}", MIGRATIONS)
    return path


@pytest.fixture(scope="session")
def migrated_name(postgres: PostgresServer) -> Iterator[str]:
    name = f"hedgerow_test_{uuid.uuid4().hex}"
    url = postgres.create_database(name)
    migrate(url, url, MIGRATIONS)
    yield name
    postgres.drop_database(name)
