"""SIGTERM ends every process within seconds, and what it has in hand is finished."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.fault.reckoning import assert_nothing_lost_or_doubled
from tests.fault.writers import Writers
from tests.platform import Platform
from tests.servers import KafkaServer, await_that

SOON = 9.0  # seconds, so that Ctrl-C ends all of a platform within ten


def test_every_process_ends_soon_in_the_midst_of_work(
    embedded: Platform, ledger: dict[str, int]
):
    with Writers(embedded, ledger) as writers:
        for role in embedded.roles:
            seen = writers.events
            await_that(lambda: writers.events > seen + 20)  # noqa: B023
            assert embedded.stop(role) < SOON
            embedded.start(role)

    embedded.await_caught_up()
    assert_nothing_lost_or_doubled(embedded, ledger)


def test_an_import_in_hand_is_finished(embedded: Platform, ledger: dict[str, int]):
    started = threading.Event()

    def slowly() -> Iterator[bytes]:
        for number in range(30):
            yield b'{"id": "%d", "name": "Falls", "domain": "falls"}\n' % number
            if number == 5:
                started.set()
            time.sleep(0.1)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(
            embedded.client("registry").post,
            "/communities/import?source=stopping",
            content=slowly(),
            headers={"Content-Type": "application/x-ndjson"},
        )
        started.wait()
        assert embedded.stop("registry web") < SOON
        assert answer.result().json()["new"] == 30
    embedded.start("registry web")
    found = embedded.client("registry").get("/communities?external_id=29").json()["items"]
    assert [community["source"] for community in found] == ["stopping"]


def test_those_who_wait_for_news_are_answered_at_once(embedded: Platform):
    url, client = embedded.urls["registry"], embedded.client("registry")
    head = client.get("/status").json()["head"]

    def wait() -> tuple[int, str]:
        answer = httpx.get(
            f"{url}/events", params={"after": head, "wait": 20}, timeout=30, trust_env=False
        )
        return answer.status_code, answer.json()["next"]

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(wait) for _ in range(4)]
        time.sleep(1)
        assert not any(answer.done() for answer in waiting)
        assert embedded.stop("registry web") < SOON
        assert [answer.result() for answer in waiting] == [(200, head)] * 4
    embedded.start("registry web")


@pytest.mark.kafka
def test_workers_end_soon_while_the_broker_is_away_and_go_on_later(
    kafka: KafkaServer, tmp_path: Path
):
    if not kafka.controllable:
        pytest.skip("this broker is not for the tests to stop")
    workers = ("registry worker", "discovery worker")
    with Platform(tmp_path, kafka=kafka.bootstrap) as platform:
        with Writers(platform) as writers:
            await_that(lambda: writers.events > 20)
            kafka.stop()
            try:
                seen = writers.events
                await_that(lambda: writers.events > seen + 20)
                for role in workers:
                    assert platform.stop(role) < SOON
                platform.start(*workers)  # with no broker there yet
                for role in workers:
                    assert platform.stop(role) < SOON
            finally:
                kafka.start()
            platform.start(*workers)
        platform.await_caught_up()
        assert_nothing_lost_or_doubled(platform, writers.versions)
