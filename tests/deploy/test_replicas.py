"""Two of a kind: each is used, each stops in good order, and each thing is still done once."""

import time
from collections.abc import Iterator

import pytest

from tests.deploy.deployment import Deployment, docker
from tests.deploy.reckoning import assert_nothing_lost_or_doubled
from tests.fault.writers import Writers
from tests.servers import await_that

TWICE = ("registry-web", "registry-worker", "discovery-web", "discovery-worker")


@pytest.fixture(scope="module")
def doubled(deployment: Deployment) -> Iterator[Deployment]:
    """A deployment with two of several roles; afterwards one of each again."""
    scale = [word for role in TWICE for word in ("--scale", f"{role}=2")]
    deployment.up("--no-deps", *scale, *TWICE)
    yield deployment
    deployment.up("--no-deps", *TWICE)


def test_both_replicas_of_a_web_answer(doubled: Deployment) -> None:
    for _ in range(40):
        doubled.get("registry", "/communities", limit=1)
        doubled.get("discovery", "/search", q="falls")
    log = doubled.compose("logs", "--no-color", "edge").stdout
    for port in (8001, 8004):
        asked = {x.split('"')[0] for x in log.split('"upstream":"') if f":{port}" in x[:24]}
        assert len(asked) >= 2, asked


def test_one_of_each_is_stopped_under_writes_and_nothing_is_lost_or_doubled(
    doubled: Deployment,
) -> None:
    """SIGTERM: it finishes what it has in hand, and ends in good order within 20 s."""
    stopped = [doubled.containers(role)[0]["Id"] for role in TWICE]
    with Writers(doubled, 4) as writers:
        began = time.monotonic()
        docker("stop", "--time", "20", *stopped)
        took = time.monotonic() - began
        form = "{{.State.ExitCode}}"
        assert docker("inspect", "-f", form, *stopped).stdout.split() == ["0"] * len(stopped)
        docker("start", *stopped)
        for container in stopped:
            doubled.await_health(container)
    assert took < 20
    assert writers.events > 0
    doubled.await_well()
    assert_nothing_lost_or_doubled(doubled)


def test_relay_and_timed_passes_are_one_process_at_a_time(doubled: Deployment) -> None:
    locks = (
        "SELECT count(DISTINCT pid), count(DISTINCT objid) FROM pg_locks"
        " WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = 'registry')"
    )
    four = [["4", "4"]]  # relay, passes, rebuild, the list of erasures
    await_that(lambda: doubled.rows("postgres", locks) == four)
