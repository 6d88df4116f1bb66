"""SIGTERM ends every process within seconds, and what it has in hand is finished."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.fault.reckoning import assert_nothing_lost_or_doubled, in_store
from tests.fault.writers import Writers
from tests.platform import Platform
from tests.servers import KafkaServer, await_that

SOON = 9.0  # seconds, so that Ctrl-C ends all of a platform within ten


def test_every_process_ends_soon_in_the_midst_of_work(embedded: Platform):
    with Writers(embedded) as writers:
        for role in embedded.roles:
            seen = writers.events
            await_that(lambda: writers.events > seen + 20)  # noqa: B023
            assert embedded.stop(role) < SOON
            embedded.start(role)

    embedded.await_caught_up()
    assert_nothing_lost_or_doubled(embedded)


def test_an_import_in_hand_is_finished(embedded: Platform):
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
    imported = in_store(embedded).keys() - embedded.acknowledged.keys()
    assert len(imported) == 30
    embedded.acknowledged |= dict.fromkeys(imported, 1)


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
@pytest.mark.postgres
def test_workers_end_soon_while_the_broker_is_away_and_go_on_later(
    deployed: Platform, kafka: KafkaServer
):
    if not kafka.controllable:
        pytest.skip("this broker is not for the tests to stop")
    workers = ("registry worker", "discovery worker")
    with Writers(deployed, 3) as writers:
        kafka.stop()
        try:
            seen = writers.events
            await_that(lambda: writers.events > seen + 20)
            for role in workers:
                assert deployed.stop(role) < SOON
            deployed.start(*workers)  # with no broker there yet
            for role in workers:
                assert deployed.stop(role) < SOON
        finally:
            kafka.start()
        deployed.start(*workers)
    deployed.await_caught_up()
    assert_nothing_lost_or_doubled(deployed)
