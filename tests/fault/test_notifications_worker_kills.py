"""kill -9 of notifications' worker while people join communities: each is told once, none never."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform import Platform
from tests.servers import KafkaServer

COMMUNITIES, MEMBERS, SEED = 12, 4, 2
SERVICES = ("registry", "notifications")


@pytest.fixture
def over_feeds(tmp_path: Path) -> Iterator[Platform]:
    with Platform(tmp_path / "platform", services=SERVICES) as platform:
        yield platform


@pytest.fixture
def over_kafka(tmp_path: Path, kafka: KafkaServer) -> Iterator[Platform]:
    kafka.start()
    with Platform(tmp_path / "platform", services=SERVICES, kafka=kafka.bootstrap) as platform:
        yield platform


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "name", ["over_feeds", pytest.param("over_kafka", marks=pytest.mark.kafka)]
)
def test_no_intent_is_lost_or_doubled_however_often_the_worker_is_killed(
    request: pytest.FixtureRequest, name: str
):
    platform: Platform = request.getfixturevalue(name)
    done = threading.Event()
    kills = threading.Thread(target=_kill, args=(platform, done))
    kills.start()
    try:
        expected = _join(platform)
    finally:
        done.set()
        kills.join()
    platform.await_caught_up()
    told: Counter[tuple[str, str]] = Counter()
    cursor = ""
    while True:
        path = f"/deliveries?limit=200{'&cursor=' + cursor if cursor else ''}"
        page = platform.client("notifications").get(path).json()
        told.update((item["about"], item["rule"]) for item in page["items"])
        if not (cursor := page["next"]):
            break
    found = Counter({k: n for k, n in told.items() if k[1] != "convener-found"})
    assert found == expected


def _kill(platform: Platform, done: threading.Event) -> None:
    chance = random.Random(SEED)
    while not done.wait(chance.uniform(0.1, 0.5)):
        platform.kill("notifications worker")
        platform.start("notifications worker")


def _join(platform: Platform) -> Counter[tuple[str, str]]:
    """Communities with a convener and members; what is to be told of each."""
    registry = platform.client("registry")

    def made(path: str, **body: str) -> str:
        answer = registry.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    expected: Counter[tuple[str, str]] = Counter()
    people = [made("/people", name=f"P {n}") for n in range(MEMBERS + 1)]
    for number in range(COMMUNITIES):
        community = made("/communities", name=f"C {number}", domain="Feet")
        at = f"/communities/{community}/roles"
        begins = {"from": "2025-01-01"}
        made(at, person=people[0], role="convener", **begins)
        for member in people[1:]:
            made(at, person=member, role="member", **begins)
        expected[community, "role-given"] = 1
        expected[community, "member-joined"] = MEMBERS
        time.sleep(0.05)
    return expected
