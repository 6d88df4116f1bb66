"""Registries within this process, each with a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry import Registry, open_registry


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry over SQLite."""
    with open_registry(f"sqlite:///{tmp_path / 'registry.db'}", tmp_path) as found:
        yield found


@pytest.fixture
def each_registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    """A registry over SQLite, then one over PostgreSQL: where that might make a difference."""
    with open_registry(database_url, tmp_path) as found:
        yield found
