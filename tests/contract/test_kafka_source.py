"""What only Kafka brings: groups that share the work, and records that nobody of ours wrote."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer
from sqlalchemy.exc import OperationalError

from shared.database import Database
from shared.projection.consumer import Consumer
from shared.projection.dead_letters import discard
from shared.projection.inbox import FAILED
from shared.stream.envelope import MalformedEnvelope, binary, from_binary
from shared.stream.source import SourceUnavailable
from shared.stream.topics import make_topics_anew
from tests.contract.transports import CLOCK, NOTICE, Follower, Origin, Topics, full
from tests.servers import KafkaServer, await_that

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]
BOXES = [f"box_{n}" for n in range(30)]


@pytest.fixture
def topics(kafka: KafkaServer, tmp_path: Path) -> Iterator[Topics]:
    found = Topics(Origin(tmp_path, kafka.bootstrap), kafka)
    yield found
    found.close()


@pytest.fixture
def follower(postgres_url: str, tmp_path: Path) -> Iterator[Follower]:
    found = Follower(postgres_url, tmp_path)
    yield found
    found.database.close()


class Worker:
    """A consumer in a thread of its own, as in a service's worker; `rounds` counts its steps."""

    def __init__(self, topics: Topics, follower: Follower, group: str) -> None:
        self.consumer = follower.consumer(topics.source(follower.positions, group=group))
        self.rounds = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        self.consumer.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.rounds += self.consumer.step(0.2)
            except SourceUnavailable:
                self._stop.wait(0.1)


def test_consumers_that_come_and_go_share_the_work_and_lose_or_double_nothing(
    topics: Topics, follower: Follower
):
    done = threading.Event()
    rounds = 0

    def write() -> None:
        nonlocal rounds
        while not done.is_set():
            topics.origin.fill(*BOXES)
            topics.deliver()
            rounds += 1
            done.wait(0.02)

    writing = threading.Thread(target=write)
    writing.start()
    group, workers = topics.origin.name, []
    try:
        first = Worker(topics, follower, group)
        workers.append(first)
        await_that(lambda: first.rounds > 5)
        second = Worker(topics, follower, group)
        workers.append(second)
        await_that(lambda: second.rounds > 5)  # the work is shared
        first.end()
        seen = second.rounds
        await_that(lambda: second.rounds > seen + 5)
        third = Worker(topics, follower, group)
        workers.append(third)
        await_that(lambda: third.rounds > 5)
    finally:
        done.set()
        writing.join()
    topics.deliver()
    await_that(lambda: follower.boxes() == full(BOXES, rounds), 40)
    for worker in workers[1:]:
        worker.end()

    assert follower.inbox() == sorted((box, n + 1) for box in BOXES for n in range(rounds))
    assert follower.noticed() == len(BOXES) * rounds
    assert follower.parked() == []


def event_of(topics: Topics, **changes: object):
    """Headers, key and value of the origin's first event, with other attributes."""
    headers, key, value = binary(topics.origin.events()[0], topics.origin.name)
    attributes = dict(headers) | {f"ce_{n}": str(v).encode() for n, v in changes.items()}
    return list(attributes.items()), key, value


STRANGE = {
    "no event at all": lambda topics: ([], b"box_1", b"\x00\xff"),
    "nothing in it": lambda topics: ([], b"box_1", None),
    "no data": lambda topics: (*event_of(topics)[:2], b"not JSON"),
    "bytes that are no text": lambda topics: ([("ce_id", b"\xff\xfe")], b"box_1", b"{}"),
    "no such version": lambda topics: event_of(topics, sequence="0000000000"),
    "a version before the first": lambda topics: event_of(topics, sequence="-1"),
    "a version beyond all numbers": lambda topics: event_of(topics, sequence="9" * 30),
    "a subject that no database takes": lambda topics: event_of(topics, subject="box\0_1"),
    "an id that no database takes": lambda topics: event_of(topics, id="\0"),
    "a key that no database takes": lambda topics: ([], b"\x00", b"{}"),
    "a schema of others": lambda topics: event_of(topics, dataschema="https://example.org/1"),
    "a time without a zone": lambda topics: event_of(topics, time="2026-01-01T12:00:00"),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_a_record_that_is_no_event_waits_for_an_operator_and_all_others_flow(
    topics: Topics, follower: Follower, strange: str
):
    topics.origin.fill(*BOXES)
    topics.deliver()
    consumer = follower.consumer(topics.source(follower.positions))
    await_that(lambda: consumer.step(0.2) is not None and follower.boxes() == full(BOXES))

    headers, key, value = STRANGE[strange](topics)
    producer = KafkaProducer(bootstrap_servers=topics.settings.bootstrap)
    producer.send(topics.names[0], key=key, value=value, headers=headers).get(timeout=20)
    unreadable = []

    def noticed() -> bool:
        consumer.step(0.2)
        unreadable[:] = [p for p in follower.parked() if p.reason == FAILED]
        return bool(unreadable)

    await_that(noticed)
    assert [p.event.type for p in unreadable] == ["unreadable"]
    assert unreadable[0].error is not None
    assert topics.names[0] in unreadable[0].event_id  # where to find it

    topics.origin.fill(*BOXES)
    topics.deliver()
    others = {box: 1 if box.encode() == key else 2 for box in BOXES}
    await_that(lambda: consumer.step(0.2) is not None and follower.boxes() == full(others))

    with follower.database.write() as connection:
        now = CLOCK.now()
        discard(connection, unreadable[0].id, [follower.projection], [NOTICE], now)
    assert follower.boxes() == full(BOXES, 2)
    assert follower.parked() == []
    consumer.close()


def test_a_header_without_a_value_is_unreadable_rather_than_an_accident():
    with pytest.raises(MalformedEnvelope):
        from_binary([("ce_id", None)], b"{}")  # type: ignore[list-item]


def test_the_lag_is_what_is_still_to_come(topics: Topics, follower: Follower):
    source = topics.source(follower.positions)
    consumer = follower.consumer(source)
    topics.origin.fill(*BOXES, times=10)
    topics.deliver()
    await_that(lambda: consumer.step(0.2) is not None and follower.boxes() == full(BOXES, 10))
    topics.origin.fill(*BOXES, "lock_1")
    topics.deliver()

    assert [tuple(look) for look in source.look()] == [(topics.origin.name, len(BOXES) + 1)]

    everything = {**dict.fromkeys(BOXES, 11), "lock_1": 1}
    await_that(lambda: consumer.step(0.2) is not None and follower.boxes() == full(everything))
    await_that(lambda: consumer.step(0.2) is not None and follower.report()[1] == 0)
    assert follower.report() == ("kafka", 0, None)
    consumer.close()


def test_a_group_member_that_is_given_partitions_while_the_database_is_away_reads_on_later(
    topics: Topics, follower: Follower
):
    topics.origin.fill(*BOXES)
    topics.deliver()
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    found = iter([away, away])

    def stored() -> dict[str, str]:
        next(found, follower.database).read().__enter__().close()
        return follower.positions()

    consumer = Consumer(follower.database, CLOCK, topics.source(stored), [follower.projection])

    def step() -> bool:
        try:
            consumer.step(0.2)
        except (OperationalError, SourceUnavailable):
            return False
        return follower.boxes() == full(BOXES)

    await_that(step, 40)
    assert next(found, None) is None
    consumer.close()


def test_a_topic_that_has_less_than_was_read_of_it_is_said_to(topics: Topics, follower: Follower):
    topics.origin.fill("box_1", times=3)
    topics.deliver()
    consumer = follower.consumer(topics.source(follower.positions))
    await_that(lambda: consumer.step(0.2) is not None and follower.boxes() == full(["box_1"], 3))
    consumer.close()
    before = follower.positions()

    make_topics_anew(topics.settings, topics.names)
    headers, key, value = binary(topics.origin.events()[0], topics.origin.name)
    producer = KafkaProducer(bootstrap_servers=topics.settings.bootstrap)
    producer.send(topics.names[0], key=key, value=value, headers=headers).get(10)
    producer.close()
    source = topics.source(follower.positions)
    for _ in range(2):  # and again
        with pytest.raises(SourceUnavailable, match="has less than was read of it"):
            await_that(lambda: source.poll(0.5))
    source.close()
    assert follower.positions() == before
