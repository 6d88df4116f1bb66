"""What docs/subscribing.md tells subscribers to write works, also when it is killed."""

import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from shared.settings import Kafka, Secret
from shared.stream.relay import Relay
from shared.stream.topics import make_topics
from tests.registry import Registry
from tests.servers import KafkaServer, await_that

GUIDE = (Path(__file__).parents[2] / "docs" / "subscribing.md").read_text()
FOLLOWER, CONSUMER = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@contextmanager
def serving(registry: Registry) -> Iterator[str]:
    """The feed's address, while a server answers it."""
    server = make_server("127.0.0.1", 0, registry.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/events"
    finally:
        server.shutdown()
        thread.join()
        server.socket.close()


@contextmanager
def running(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The script as a process of its own, which is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def names(path: Path) -> dict[str, str]:
    """What the follower has made of the events so far."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            return dict(connection.execute("SELECT id, name FROM names"))
        except sqlite3.OperationalError:
            return {}


def known(registry: Registry) -> dict[str, str]:
    items = registry.anyone.get("/communities?limit=200").json["items"]
    return {item["id"]: item["name"] for item in items}


def test_the_follower_is_about_twenty_lines():
    assert len(FOLLOWER.splitlines()) <= 25


def test_the_follower_comes_to_know_all_and_goes_on_after_being_killed(
    registry: Registry, tmp_path: Path
):
    operator, mine = registry.operator, tmp_path / "names.db"
    operator.import_list(*({"id": str(n), "name": f"A{n}", "domain": "d"} for n in range(120)))
    with serving(registry) as feed:
        with running(FOLLOWER, feed, str(mine)):
            await_that(lambda: names(mine) == known(registry))
            news = operator.community("News")
            await_that(lambda: news in names(mine))
        operator.changed(f"/communities/{news}", name="Newer news")
        operator.community("While it was away")
        with running(FOLLOWER, feed, str(mine)):
            await_that(lambda: names(mine) == known(registry))
    with closing(sqlite3.connect(mine)) as connection:
        seen = dict(connection.execute("SELECT subject, sequence FROM seen"))
    assert seen == {event["subject"]: event["sequence"] for event in registry.anyone.events()}


def test_the_follower_leaves_what_it_is_sent_again(registry: Registry, tmp_path: Path):
    mine = tmp_path / "names.db"
    community = registry.operator.community("Falls")
    with serving(registry) as feed:
        with running(FOLLOWER, feed, str(mine)):
            await_that(lambda: names(mine) == {community: "Falls"})
        with closing(sqlite3.connect(mine)) as connection, connection:
            connection.execute("UPDATE names SET name = 'Seen'")
            connection.execute("DELETE FROM place")
        another = registry.operator.community("Another")
        with running(FOLLOWER, feed, str(mine)):
            await_that(lambda: another in names(mine))
    assert names(mine) == {community: "Seen", another: "Another"}


def test_the_follower_waits_for_a_service_that_is_not_there(registry: Registry, tmp_path: Path):
    mine = tmp_path / "names.db"
    with running(FOLLOWER, "http://127.0.0.1:9/events", str(mine)) as follower:
        await_that(mine.exists)
        with pytest.raises(subprocess.TimeoutExpired):
            follower.wait(1)


@pytest.mark.kafka
def test_the_consumer_reads_every_public_event_from_kafka(
    registry: Registry, kafka: KafkaServer, tmp_path: Path
):
    settings = Kafka((kafka.bootstrap,), "PLAINTEXT", "", Secret("HEDGEROW_KAFKA_PASSWORD"))
    make_topics(settings)
    community = registry.operator.community("Falls")
    registry.operator.changed(f"/communities/{community}", name="Falls everywhere")
    registry.operator.person()
    service = registry.service
    relay = Relay(service.name, service.database, service.store, service.types, settings)
    while relay.step():
        pass
    relay.close()
    with running(CONSUMER, kafka.bootstrap, tmp_path.name) as consumer:
        assert consumer.stdout is not None
        told = [line.split(" ", 3) for line in iter_until(consumer.stdout, community, 2)]
    assert [line[1:3] for line in told] == [
        ["0000000001", "registry.community.registered"],
        ["0000000002", "registry.community.described"],
    ]
    assert told[1][3] == '{"name":"Falls everywhere"}\n'


def iter_until(lines: Iterator[str], start: str, count: int) -> list[str]:
    """The first so many lines that begin with `start`: other tests publish here too."""
    found = []
    for line in lines:
        if line.startswith(start):
            found.append(line)
        if len(found) == count:
            break
    return found
