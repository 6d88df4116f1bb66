"""Notifications over an SQLite file of its own for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notifications import Notifications, open_notifications


@pytest.fixture(scope="session")
def migrated_notifications(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    file = folder / "notifications.db"
    with open_notifications(f"sqlite:///{file}", folder):
        return file


@pytest.fixture
def notifications(tmp_path: Path, migrated_notifications: Path) -> Iterator[Notifications]:
    file = tmp_path / "notifications.db"
    shutil.copy(migrated_notifications, file)
    with open_notifications(f"sqlite:///{file}", tmp_path) as found:
        yield found
