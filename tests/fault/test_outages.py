"""The broker or the database away: what can go on goes on, the rest says so and then recovers."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.fault.reckoning import assert_nothing_lost_or_doubled
from tests.fault.writers import Writers
from tests.platform import Platform
from tests.servers import KafkaServer, PostgresServer, Server, await_that

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.timeout(180)]


@pytest.fixture
def broker(kafka: KafkaServer) -> Iterator[KafkaServer]:
    yield from stoppable(kafka)


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[PostgresServer]:
    yield from stoppable(postgres)


def stoppable(server: Server) -> Iterator[Server]:
    if not server.controllable:
        pytest.skip(f"{server!r} is not for the tests to stop")
    yield server
    server.start()


def every_pid(platform: Platform) -> dict[str, list[int]]:
    """Of a web with gunicorn's child; a worker's children come and go, since they draw the map."""
    pids = {role: platform.pids(role) for role in platform.roles}
    return {role: all_ if role.endswith("web") else all_[:1] for role, all_ in pids.items()}


def test_without_the_broker_the_registry_goes_on_and_afterwards_all_arrives(
    deployed: Platform, broker: KafkaServer
):
    processes, registry = every_pid(deployed), deployed.client("registry")
    with Writers(deployed, 3) as writers:
        broker.stop()
        gone, before = time.monotonic(), writers.events
        while time.monotonic() - gone < 8:
            assert deployed.ready("registry")
            assert registry.get("/communities?limit=1").status_code == 200
            assert deployed.status("registry")["relay"]["at_head"] in (True, False)
            time.sleep(0.2)
        assert writers.events - before > 100
        assert writers.longest < 5
        await_that(lambda: "Kafka" in (deployed.status("discovery")["consumers"][0]["error"] or ""))
        broker.start()
        back = time.monotonic()
    assert writers.repeated == 0

    deployed.await_caught_up()
    print(f"broker away: caught up {time.monotonic() - back:.1f} s after its return")
    assert_nothing_lost_or_doubled(deployed)
    assert every_pid(deployed) == processes


@pytest.mark.parametrize("end", [PostgresServer.stop, PostgresServer.kill], ids=["stop", "kill"])
def test_without_the_database_every_answer_says_so_and_all_is_well_when_it_is_back(
    deployed: Platform, database: PostgresServer, end
):
    processes, registry = every_pid(deployed), deployed.client("registry")
    with Writers(deployed, 3) as writers:
        await_that(lambda: writers.events > 100)
        end(database)
        for answer in (
            registry.post("/communities", json={"name": "Falls", "domain": "falls"}),
            registry.get("/communities"),
            registry.get("/events"),
            registry.get("/status"),
        ):
            assert_says_later(answer)
        for service in deployed.services:
            assert deployed.client(service).get("/health/live").status_code == 200
            assert deployed.client(service).get("/health/ready").status_code == 503
            assert "hedgerow_database_up 0" in deployed.client(service).get("/metrics").text
        database.start()
        back, seen = time.monotonic(), writers.events
        await_that(lambda: writers.events > seen)
        writing = time.monotonic() - back

    deployed.await_caught_up()
    print(
        f"database away: written again after {writing:.1f} s, caught up after "
        f"{time.monotonic() - back:.1f} s"
    )
    assert_nothing_lost_or_doubled(deployed)
    assert every_pid(deployed) == processes


def assert_says_later(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["detail"].startswith("The database cannot be used just now")
