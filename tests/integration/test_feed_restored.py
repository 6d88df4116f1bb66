"""Followers of a service whose SQLite database was put back from a backup."""

import shutil
import time
from pathlib import Path

from tests.registry import Registry, open_registry
from tests.servers import await_that


def ahead(registry: Registry, cursor: str) -> list[str]:
    """The subjects of the events after a cursor."""
    return [event["subject"] for event in registry.operator.events(f"after={cursor}")]


def follow(registry: Registry, cursor: str = "") -> str:
    """The cursor at the end."""
    return str(registry.operator.get(f"/events?limit=1000&after={cursor}").json["next"])


def test_a_follower_who_saw_what_was_lost_has_all_that_is_written_from_then_on(tmp_path: Path):
    path, backup = tmp_path / "registry.db", tmp_path / "backup.db"
    url = f"sqlite:///{path}"
    with open_registry(url, tmp_path) as registry:
        registry.operator.community("Kept")
    shutil.copy(path, backup)
    with open_registry(url, tmp_path) as registry:
        for name in ("Lost", "Lost too", "Also lost"):
            registry.operator.community(name)
        cursor = follow(registry)
        written = int(time.time())
    shutil.copy(backup, path)
    await_that(lambda: int(time.time()) > written)  # epochs are told apart by the second

    with open_registry(url, tmp_path) as registry:
        new = [registry.operator.community(f"New {n}") for n in range(5)]
        assert ahead(registry, cursor) == new


def test_a_cursor_beyond_the_end_is_answered_with_the_end(each_registry: Registry):
    each_registry.operator.community("Kept")
    end = follow(each_registry)
    service, epoch, transaction, position = end.split("-")
    beyond = f"{service}-{epoch}-{transaction}-{int(position) + 5}"
    assert follow(each_registry, beyond) == end
