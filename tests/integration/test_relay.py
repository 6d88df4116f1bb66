"""The relay sends everything, in order, and marks only what the broker has acknowledged."""

import re
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from kafka import KafkaConsumer, TopicPartition

from shared.database import Database
from shared.eventstore.events import START, Cursor
from shared.restoring.starting_over import start_over
from shared.stream import relay as relays
from shared.stream.envelope import from_binary
from shared.stream.relay import Relay
from shared.stream.source import SourceUnavailable
from shared.stream.topics import make_topics_anew
from shared.worker.lease import Lease
from shared.worker.loops import Loop
from tests.contract.transports import Origin
from tests.contract.transports import Topics as Transport
from tests.platform import ROOT
from tests.servers import KafkaServer, await_that

GIVEN_UP = re.compile(r"acknowledged \d+ of")
BOXES = [f"box_{n}" for n in range(40)]


class Topics(Transport):
    """An origin's topics, and what came to them so far."""

    def read(self) -> dict[str, list[int]]:
        """The versions of each stream, in the order that its partition has them."""
        reader = KafkaConsumer(bootstrap_servers=self.settings.bootstrap)
        places = [TopicPartition(name, n) for name in self.names for n in range(12)]
        reader.assign(places)
        reader.seek_to_beginning()
        ends, found = reader.end_offsets(places), defaultdict(list)
        while any(reader.position(place) < end for place, end in ends.items()):
            for place, records in reader.poll(timeout_ms=500).items():
                for record in records:
                    event = from_binary(record.headers, record.value)
                    assert record.key == event.stream.encode()
                    assert place.topic.endswith(f".{event.audience}")
                    found[event.stream].append(event.version)
        reader.close()
        return found

    def position(self) -> Cursor:
        with self.origin.service.database.read() as connection:
            return relays.position(connection)

    def head(self) -> Cursor:
        return self.origin.events()[-1].cursor

    def another_relay(self) -> Relay:
        service = self.origin.service
        return Relay(service.name, service.database, service.store, service.types, self.settings)


@pytest.fixture
def topics(kafka: KafkaServer, tmp_path: Path) -> Iterator[Topics]:
    found = Topics(Origin(tmp_path, kafka.bootstrap), kafka)
    yield found
    found.close()


def in_order(versions: list[int]) -> list[int]:
    """The versions in the order of their first coming; whatever is doubled comes later again."""
    return list(dict.fromkeys(versions))


@pytest.mark.kafka
def test_every_event_is_sent_to_its_audience_in_the_order_of_its_stream(topics: Topics):
    for _ in range(5):
        topics.origin.fill(*BOXES, "lock_1", "lock_2", times=15)  # more than one batch in all

    assert topics.relay.step() is True
    topics.deliver()

    assert topics.read() == dict.fromkeys([*BOXES, "lock_1", "lock_2"], list(range(1, 76)))
    assert topics.position() == topics.head()
    assert topics.relay.step() is False


@pytest.mark.kafka
def test_a_relay_that_ended_between_sending_and_marking_sends_again_and_loses_nothing(
    topics: Topics, monkeypatch: pytest.MonkeyPatch
):
    topics.origin.fill(*BOXES, times=3)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(relays, "_move", killed)
        topics.relay.step()
    assert topics.position() == Cursor(0, 0, 0)
    next_one = topics.another_relay()
    topics.origin.fill(*BOXES)
    while next_one.step():
        pass
    next_one.close()

    sent = topics.read()
    assert {box: in_order(versions) for box, versions in sent.items()} == dict.fromkeys(
        BOXES, [1, 2, 3, 4]
    )
    assert sent["box_0"] == [1, 2, 3, 1, 2, 3, 4]


class Refusing:
    """Stands for a producer whose broker acknowledges all but the records at these places."""

    def __init__(self, *refused: int) -> None:
        self._refused, self.sent = set(refused), 0

    def send(self, *_: object, **__: object) -> SimpleNamespace:
        self.sent += 1
        acknowledged = self.sent - 1 not in self._refused
        return SimpleNamespace(succeeded=lambda: acknowledged)

    def flush(self, timeout: float) -> None:
        assert timeout > 0

    def close(self, timeout: float) -> None:
        pass


@pytest.mark.kafka
def test_topics_that_have_lost_everything_are_named_and_after_starting_over_all_is_there(
    topics: Topics,
):
    topics.origin.fill(*BOXES, times=2)
    topics.deliver()
    make_topics_anew(topics.settings, topics.names)
    await_that(lambda: relays._are_empty(topics.origin.service.name, topics.settings))
    topics.origin.fill(*BOXES)
    relay = topics.another_relay()
    with pytest.raises(SourceUnavailable, match="the topics are empty, though events up to"):
        relay.step()
    assert topics.read() == {}
    with topics.origin.service.database.write() as connection:
        start_over(connection)
    while relay.step():
        pass
    relay.close()
    assert topics.read() == dict.fromkeys(BOXES, [1, 2, 3])


@pytest.mark.parametrize(("refused", "marked"), [((5,), 5), ((5, 9), 5), ((39,), 39), ((0,), 0)])
def test_only_what_came_before_the_first_refusal_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: tuple[int, ...], marked: int
):
    origin = Origin(tmp_path, "nowhere:9092")
    origin.fill(*BOXES)
    monkeypatch.setattr(relays, "make_producer", lambda _kafka: Refusing(*refused))
    service = origin.service
    assert service.settings.kafka is not None
    relay = Relay(
        service.name, service.database, service.store, service.types, service.settings.kafka
    )

    with pytest.raises(SourceUnavailable, match=f"acknowledged {marked} of 40"):
        relay.step()

    with service.database.read() as connection:
        position = relays.position(connection)
    assert position == (origin.events()[marked - 1].cursor if marked else Cursor(0, 0, 0))


@pytest.mark.kafka
@pytest.mark.parametrize("end", [KafkaServer.stop, KafkaServer.kill], ids=["stopped", "killed"])
def test_after_the_brokers_absence_all_is_sent_in_order(
    topics: Topics, kafka: KafkaServer, end: Callable[[KafkaServer], None]
):
    if not kafka.controllable:
        pytest.skip("this broker is not for the tests to stop")
    topics.origin.fill(*BOXES)
    topics.deliver()
    stop = threading.Event()
    troubles: list[str] = []
    loop = Loop("relay", topics.relay.step, 0.02, on_error=troubles.append)
    working = threading.Thread(target=loop.run, args=(stop,))
    working.start()
    try:
        end(kafka)
        for _ in range(5):
            topics.origin.fill(*BOXES)
        kafka.start()
        topics.origin.fill(*BOXES)
        await_that(lambda: topics.position() == topics.head(), 40)
    finally:
        stop.set()
        working.join()

    sent = topics.read()
    assert {box: in_order(versions) for box, versions in sent.items()} == dict.fromkeys(
        BOXES, list(range(1, 8))
    )


@pytest.mark.kafka
@pytest.mark.timeout(240)
def test_after_an_absence_so_long_that_events_were_given_up_all_is_sent_in_order(
    topics: Topics, kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
):
    if not kafka.controllable:
        pytest.skip("this broker is not for the tests to stop")
    monkeypatch.setattr(relays, "_DELIVERY_SECONDS", 11)
    stop, away = threading.Event(), threading.Event()
    troubles: list[str] = []

    def write() -> None:
        while not away.is_set():
            topics.origin.fill(*BOXES)

    loop = Loop("relay", topics.relay.step, 0.02, on_error=troubles.append)
    threads = [threading.Thread(target=loop.run, args=(stop,)), threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    try:
        await_that(lambda: topics.position() != START)
        kafka.kill()  # while a batch is on its way
        away.set()
        await_that(lambda: any(GIVEN_UP.search(said) for said in troubles), 60)
        kafka.start()
        await_that(lambda: topics.position() == topics.head(), 60)
    finally:
        away.set()
        stop.set()
        for thread in threads:
            thread.join()

    sent, stored = topics.read(), defaultdict(list)
    for event in topics.origin.events():
        stored[event.stream].append(event.version)
    assert {box: in_order(versions) for box, versions in sent.items()} == stored


@pytest.mark.kafka
def test_two_relays_at_once_move_the_mark_only_forward_and_lose_nothing(topics: Topics):
    other = topics.another_relay()
    together = threading.Barrier(2)
    marks: list[Cursor] = []

    def work(relay: Relay) -> None:
        for _ in range(5):
            together.wait()
            relay.step()
            marks.append(topics.position())

    for _ in range(3):
        topics.origin.fill(*BOXES, times=20)
    threads = [threading.Thread(target=work, args=(r,)) for r in (topics.relay, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    topics.deliver()
    other.close()

    assert marks == sorted(marks)
    assert {box: in_order(versions) for box, versions in topics.read().items()} == dict.fromkeys(
        BOXES, list(range(1, 61))
    )


def test_one_relay_works_at_a_time_and_the_next_takes_over_when_it_ends(database_url: str):
    working: list[str] = []
    stops = {name: threading.Event() for name in ("first", "second")}
    threads = {}
    databases = [Database(database_url), Database(database_url)]
    for name, database in zip(stops, databases, strict=True):

        def step(name: str = name) -> bool:
            working.append(name)
            return False

        loop = Loop("relay", step, 0.01, Lease(database, "relay"))
        threads[name] = threading.Thread(target=loop.run, args=(stops[name],))
        threads[name].start()
        await_that(lambda: len(working) > 5)
    try:
        assert set(working) == {"first"}
        stops["first"].set()
        threads["first"].join()
        seen = len(working)
        await_that(lambda: len(working) > seen + 5)
        assert set(working[seen:]) == {"second"}
    finally:
        stops["second"].set()
        threads["second"].join()
        for database in databases:
            database.close()


def test_the_lease_of_a_killed_process_is_free(database_url: str):
    database = Database(database_url)
    lease = Lease(database, "relay")
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_LEASE, database_url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout
    assert other.stdout.readline() == "True\n"
    assert not lease.held()

    other.kill()
    other.wait()

    await_that(lease.held)
    other.stdout.close()
    lease.release()
    database.close()


HOLDS_THE_LEASE = """
import sys, time
from shared.database import Database
from shared.worker.lease import Lease
print(Lease(Database(sys.argv[1]), "relay").held(), flush=True)
time.sleep(600)
"""
