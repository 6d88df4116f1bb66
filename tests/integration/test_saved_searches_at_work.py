"""Saved searches between real processes: matched by meaning, told in a digest, rebuilt."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from tests.platform import Platform
from tests.servers import await_that

pytestmark = pytest.mark.timeout(180)


def made(platform: Platform, service: str, path: str, **body: Any) -> str:
    answer = platform.client(service).post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def ledger(platform: Platform) -> list[Any]:
    """What was told, row by row, in the generation in use."""
    with sqlite3.connect(str(make_url(platform.database_url("discovery")).database)) as database:
        row = database.execute("SELECT active FROM generations WHERE name = 'own'").fetchone()
        table = f"saved_search_told_{row[0] if row else 1}"
        return database.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def test_a_match_by_meaning_is_told_once_in_a_digest_and_a_rebuild_changes_nothing(
    tmp_path: Path,
) -> None:
    with Platform(tmp_path) as platform:
        discovery = platform.client("discovery")
        ada = made(platform, "registry", "/people", name="Ada", email="ada@people.example")
        made(platform, "registry", "/communities", name="Bees", domain="Keeping bees on roofs")
        platform.await_caught_up()
        search = made(
            platform, "discovery", "/saved-searches", person=ada, q="seniors who stumble and trip"
        )
        falls = made(
            platform, "registry", "/communities", name="Steady", domain="Older people who fall"
        )
        platform.await_caught_up()
        told = ledger(platform)
        assert [line[1:3] for line in told] == [(search, falls)]
        (sent,) = _deliveries(platform, ada)
        assert (sent["rule"], sent["status"]) == ("saved-search-matched", "queued")
        discovery.post("/rebuild").raise_for_status()
        asked = 0
        while discovery.get("/rebuild").json()["state"] in ("requested", "running"):
            answer = discovery.get(f"/saved-searches/{search}")  # it serves meanwhile
            assert [line["community"] for line in answer.json()["told"]] == [falls]
            asked += 1
        assert asked
        assert discovery.get("/rebuild").json()["state"] == "done"
        platform.await_caught_up()
        await_that(lambda: ledger(platform) == told)
        assert len(_deliveries(platform, ada)) == 1


def _deliveries(platform: Platform, person: str) -> list[Any]:
    answer = platform.client("notifications").get(f"/deliveries?person={person}")
    answer.raise_for_status()
    return list(answer.json()["items"])
