"""A disk that fills up under SQLite: nothing is half-written, and with room again all goes on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from shared.settings import SERVICES
from tests.fault.disks import DISKS, Disk
from tests.fault.reckoning import assert_nothing_lost_or_doubled
from tests.fault.writers import Writers
from tests.platform import Platform
from tests.servers import await_that


@pytest.fixture(params=DISKS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    with DISKS[request.param](tmp_path / "disk") as found:
        if found is None:
            pytest.skip("only root, and not everywhere, may mount a small disk")
        yield found


def test_a_full_disk_is_said_to_be_and_nothing_is_half_written(disk: Disk, tmp_path: Path):
    paths = {service: disk.folder / f"{service}.db" for service in SERVICES}
    databases = {service: f"sqlite:///{path}" for service, path in paths.items()}
    with Platform(tmp_path / "platform", databases=databases) as platform:
        registry = platform.client("registry")
        refused: list[httpx.Response] = []

        def write() -> None:
            body = {"name": "Falls", "domain": "falls in care homes " * 200}
            answer = registry.post("/communities", json=body)
            if answer.status_code == 201:
                platform.acknowledged[answer.json()["id"]] = 1
            else:
                refused.append(answer)

        with Writers(platform) as writers:
            await_that(lambda: writers.events > 20)
            disk.fill(platform)
            await_that(lambda: write() or refused)
            written = writers.events
            assert registry.get("/communities?limit=1").status_code == 200  # reading goes on
            disk.free(platform)
            await_that(lambda: writers.events > written + 20)

        for answer in refused:
            assert answer.status_code == 503
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert int(answer.headers["Retry-After"]) > 0
        platform.await_caught_up()
        assert_nothing_lost_or_doubled(platform)
        assert {*listed(registry)} == {*platform.acknowledged}
    for path in paths.values():
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def listed(registry: httpx.Client) -> Iterator[str]:
    """Every community that the registry shows."""
    cursor: str | None = ""
    while cursor is not None:
        answer = registry.get("/communities", params={"limit": 200, "cursor": cursor}).json()
        yield from (community["id"] for community in answer["items"])
        cursor = answer["next"]
