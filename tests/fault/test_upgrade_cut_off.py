"""Publishing the past again at an upgrade, killed at each of its steps and done again."""

import os
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.database import Database
from shared.restoring import republishing
from tests.platform import ROOT, Platform, delete_topics
from tests.servers import KafkaServer, PostgresServer, await_that
from tests.topics import RAISED, in_topic

pytestmark = pytest.mark.timeout(900)
SERVICES = ("registry", "discovery")
SEED = int(os.environ.get("HEDGEROW_TEST_SEED", random.SystemRandom().randrange(2**32)))
STEPS = (  # as deploy/upgrade and `hedgerow up` have them
    *(["-m", f"services.{name}", "start-over"] for name in SERVICES),
    ["-m", "shared.stream.topics", "--anew"],
    ["-m", "shared.restoring.republishing", "done"],
)


@pytest.fixture
def platform(kafka: KafkaServer, postgres: PostgresServer, tmp_path: Path) -> Iterator[Platform]:
    names = {service: f"hedgerow_{service}_{uuid.uuid4().hex}" for service in SERVICES}
    databases = {service: postgres.create_database(name) for service, name in names.items()}
    with Platform(
        tmp_path / "var", databases=databases, kafka=kafka.bootstrap, services=SERVICES
    ) as found:
        yield found
    for name in names.values():
        postgres.drop_database(name)


def begin(platform: Platform, step: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, *step], cwd=ROOT, env=platform.environ, stdout=subprocess.DEVNULL
    )


def do(platform: Platform, step: list[str]) -> None:
    assert begin(platform, step).wait(120) == 0, step


def as_a_migration_leaves_it(platform: Platform) -> None:
    for service in SERVICES:
        database = Database(platform.database_url(service))
        with database.write() as connection:
            republishing.finish(connection)
            connection.exec_driver_sql("INSERT INTO republishing VALUES ('everything', '2026')")
        database.close()


def events_of(platform: Platform, service: str) -> list[dict[str, Any]]:
    answer = platform.client(service).get("/events", params={"limit": 1000})
    events: list[dict[str, Any]] = answer.raise_for_status().json()["events"]
    return events


def rebuilt(platform: Platform) -> bool:
    """What discovery keeps of others is rebuilt once it came again."""
    answer = platform.client("discovery").get("/rebuild").raise_for_status()
    return bool(answer.json()["state"] == "done")


def workers(platform: Platform) -> list[str]:
    return [role for role in platform.roles if role.endswith("worker")]


def everything_is_published_once(platform: Platform, upgrades: int) -> None:
    """In the topics each event is once, after what tells of the epochs; nobody lost anything."""
    assert platform.kafka
    for service in SERVICES:
        events = events_of(platform, service)
        raised = [event for event in events if event["type"].endswith(RAISED)]
        reasons = Counter(event["data"]["reason"] for event in raised)
        assert reasons["republished"] == upgrades
        sent: list[str] = []
        for audience in ("public", "internal"):
            name = f"hedgerow.{service}.{audience}"
            for records in in_topic(platform.kafka, name).values():
                kinds = [headers["ce_type"].endswith(RAISED) for headers, _ in records]
                assert all(kinds[: len(raised)])
                sent += [h["ce_id"] for h, _ in records if not h["ce_type"].endswith(RAISED)]
        stored = [event["id"] for event in events if event not in raised]
        assert Counter(sent) == Counter(stored)
    await_that(lambda: rebuilt(platform), 180)


def test_an_upgrade_that_is_killed_at_any_step_goes_on_where_it_was(platform: Platform):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    registry = platform.client("registry")
    for number in range(20):
        made = registry.post("/communities", json={"name": f"Hazel {number}", "domain": "Hedges"})
        assert made.status_code == 201, made.text
    platform.await_caught_up(120)
    for passes, cut in enumerate(range(len(STEPS) + 1), start=1):
        for role in workers(platform):
            platform.stop(role)
        as_a_migration_leaves_it(platform)
        for step in STEPS[:cut]:
            do(platform, step)
        if cut < len(STEPS):
            killed = begin(platform, STEPS[cut])
            time.sleep(chance.uniform(0, 3))  # anywhere in it
            killed.kill()
            killed.wait()
        if cut == 2 and platform.kafka:
            delete_topics(platform.kafka)
        for step in STEPS:
            do(platform, step)
        platform.start(*workers(platform))
        platform.await_caught_up(240)
        everything_is_published_once(platform, passes)
    found = httpx.get(platform.urls["discovery"] + "/search?q=Hazel", trust_env=False).json()
    assert len(found["items"]) == 10
