"""Fixtures for all tests: real servers, started when the first test asks for them."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

from tests import servers
from tests.servers import KafkaServer, PostgresServer

AnyServer = TypeVar("AnyServer", bound=servers.Server)

# A rule holds on a slow machine too: how long an example takes says nothing of it.
hypothesis.settings.register_profile("hedgerow", deadline=None)
hypothesis.settings.load_profile("hedgerow")


def _have(open_server: Callable[[], AnyServer]) -> AnyServer:
    """The server; without one the test is skipped, or fails where CI=true."""
    try:
        return open_server()
    except servers.Unavailable as error:
        reason = str(error)
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason.splitlines()[0])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server by its fixtures, so that it can be run for itself."""
    for item in items:
        for server in ("kafka", "postgres"):
            if server in getattr(item, "fixturenames", ()):
                item.add_marker(server)


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaServer]:
    """A broker for the whole session: a test that stops it starts it again."""
    server = _have(servers.open_kafka)
    yield server
    server.discard()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A database server for the whole session: a test that stops it starts it again."""
    server = _have(servers.open_postgres)
    yield server
    server.discard()


@pytest.fixture
def new_postgres() -> Iterator[Callable[[], PostgresServer]]:
    """Starts clusters of their own for one test, such as the one that a backup is restored to."""
    started = []

    def start() -> PostgresServer:
        started.append(_have(servers.new_postgres))
        return started[-1]

    yield start
    for server in started:
        server.discard()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, which goes with the test."""
    name = f"hedgerow_test_{uuid.uuid4().hex}"
    yield postgres.create_database(name)
    if postgres.controllable:
        postgres.start()  # a test that failed in the middle of an outage is no other's trouble
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hedgerow.sqlite3'}"
    return request.getfixturevalue("postgres_url")
