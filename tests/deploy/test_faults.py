"""What goes wrong on a server, under writes: afterwards nothing acknowledged is lost, nothing is
there twice, and all is well again without hands. Many minutes: for `make soak`.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.settings import SERVICES
from tests.deploy.deployment import Deployment, docker
from tests.deploy.reckoning import assert_nothing_lost_or_doubled
from tests.fault.writers import Writers
from tests.servers import await_that

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

ROLES = [f"{service}-{role}" for service in SERVICES for role in ("web", "worker")]
# A disk of Kafka's own, small enough to be filled; somebody holds it while the broker is away.
SMALL_DISK = """
services:
  holder:
    image: postgres:17
    entrypoint: [sleep, infinity]
    init: true
    volumes: ["kafka:/kafka"]
volumes:
  kafka:
    driver: local
    driver_opts: {type: tmpfs, device: tmpfs, o: "size=600m,uid=1000,gid=1000"}
"""


@pytest.fixture(scope="module")
def running(clone: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment of its own, whose Kafka has a small disk."""
    found = Deployment(tmp_path_factory.mktemp("faults"))
    small = Path(found.folder / "deploy/small-disk.yaml")
    small.write_text(SMALL_DISK)
    found.files.append(small)
    found.prepare()
    found.up()
    yield found
    found.down()


@contextmanager
def under_writes(deployment: Deployment) -> Iterator[None]:
    """People write while this goes on, and for a while after; then there is a reckoning."""
    with Writers(deployment, 3) as writers:
        yield
        time.sleep(3)
    assert writers.events > 0
    deployment.await_well(300)
    assert_nothing_lost_or_doubled(deployment)
    done = deployment.hedgerow("status")
    assert done.returncode == 0, done.stdout + done.stderr


def pid(deployment: Deployment, service: str) -> int:
    """The process of the service's container on this machine; 0 while it does not run."""
    found: int = deployment.containers(service)[0]["State"]["Pid"]
    return found


@pytest.mark.parametrize("service", [*ROLES, "edge", "postgres", "kafka"])
def test_a_container_that_is_killed_is_started_again(running: Deployment, service: str) -> None:
    before = pid(running, service)
    with under_writes(running):
        # Not `docker kill`, after which docker takes the container for stopped by hand.
        os.kill(before, signal.SIGKILL)
        await_that(lambda: pid(running, service) not in (0, before), 60)
        running.await_health(running.containers(service)[0]["Id"], seconds=120)


def test_kafka_is_gone_for_two_minutes(running: Deployment) -> None:
    with under_writes(running):
        running.compose("stop", "kafka")
        time.sleep(120)
        running.compose("start", "kafka")


def test_postgresql_is_started_again(running: Deployment) -> None:
    with under_writes(running):
        running.compose("restart", "postgres")


def test_the_disk_of_kafka_is_full(running: Deployment) -> None:
    fill = "cat /dev/zero >/kafka/fill 2>/dev/null; df -m /kafka | tail -1"
    with under_writes(running):
        before = running.containers("kafka")[0]["RestartCount"]
        running.execute("holder", "sh", "-c", fill)
        # The broker ends itself, and cannot begin again.
        await_that(lambda: running.containers("kafka")[0]["RestartCount"] > before, 120)
        time.sleep(10)
        running.execute("holder", "rm", "/kafka/fill")


def test_the_network_between_a_service_and_kafka_is_cut(running: Deployment) -> None:
    network = f"{running.project}_bus"
    with under_writes(running):
        for service in ("registry-worker", "discovery-worker"):
            container = running.containers(service)[0]["Id"]
            docker("network", "disconnect", network, container)
            time.sleep(20)
            docker("network", "connect", network, container)


@pytest.mark.parametrize("step", ["PT1H", "-PT1H"])
def test_the_clock_is_stepped_by_an_hour_and_back(running: Deployment, step: str) -> None:
    with under_writes(running):
        running.environ["HEDGEROW_CLOCK_OFFSET"] = step
        try:
            running.up("--no-deps", *ROLES)
            time.sleep(5)
        finally:
            del running.environ["HEDGEROW_CLOCK_OFFSET"]
        running.up("--no-deps", *ROLES)
