"""Registries within this process, each with a database of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.connection import Connection
from tests.discovery import Discovery, open_discovery
from tests.registry import Registry, open_registry
from tests.scheduling import Scheduling, open_scheduling


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every migration and nothing else in it."""
    folder = tmp_path_factory.mktemp("migrated")
    file = folder / "registry.db"
    with open_registry(f"sqlite:///{file}", folder):
        return file


@pytest.fixture
def registry(tmp_path: Path, migrated: Path) -> Iterator[Registry]:
    """A registry over SQLite."""
    file = tmp_path / "registry.db"
    shutil.copy(migrated, file)
    with open_registry(f"sqlite:///{file}", tmp_path, migrated=True) as found:
        yield found


@pytest.fixture
def each_registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    """A registry over SQLite, then one over PostgreSQL: where that might make a difference."""
    with open_registry(database_url, tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def migrated_scheduling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every migration of scheduling and nothing else in it."""
    folder = tmp_path_factory.mktemp("migrated")
    file = folder / "scheduling.db"
    with open_scheduling(f"sqlite:///{file}", folder):
        return file


@pytest.fixture
def scheduling(tmp_path: Path, migrated_scheduling: Path) -> Iterator[Scheduling]:
    """Scheduling over SQLite."""
    file = tmp_path / "scheduling.db"
    shutil.copy(migrated_scheduling, file)
    with open_scheduling(f"sqlite:///{file}", tmp_path, migrated=True) as found:
        yield found


@pytest.fixture
def each_scheduling(database_url: str, tmp_path: Path) -> Iterator[Scheduling]:
    """Scheduling over SQLite, then over PostgreSQL: where that might make a difference."""
    with open_scheduling(database_url, tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def migrated_discovery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every migration of discovery and nothing else in it."""
    folder = tmp_path_factory.mktemp("migrated")
    file = folder / "discovery.db"
    with open_discovery(f"sqlite:///{file}", folder):
        return file


@pytest.fixture
def discoverer(tmp_path: Path, migrated_discovery: Path) -> Iterator[Discovery]:
    """Discovery over SQLite."""
    file = tmp_path / "discovery.db"
    shutil.copy(migrated_discovery, file)
    with open_discovery(f"sqlite:///{file}", tmp_path, migrated=True) as found:
        yield found


@pytest.fixture
def each_discovery(database_url: str, tmp_path: Path) -> Iterator[Discovery]:
    """Discovery over SQLite, then over PostgreSQL: where that might make a difference."""
    with open_discovery(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What services ask their databases from now on, in its order."""
    asked: list[str] = []
    execute = Connection.exec_driver_sql

    def noted(connection: Connection, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(connection, sql, *rest)

    monkeypatch.setattr(Connection, "exec_driver_sql", noted)
    return asked
