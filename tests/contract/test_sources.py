"""Whatever the transport, a follower applies every event once, in the order of its stream."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from shared.projection import consumer as consumers
from shared.projection.consumer import Consumer
from shared.projection.inbox import BEHIND, FAILED
from shared.projection.positions import Fenced
from shared.stream.source import Batch, Source, SourceUnavailable
from tests.contract.transports import (
    CLOCK,
    NOTICE,
    Feed,
    Follower,
    Origin,
    Topics,
    Transport,
    full,
)
from tests.servers import await_that

BOXES = [f"box_{n}" for n in range(20)]


@pytest.fixture(
    params=[
        "feed",
        pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.postgres]),
    ]
)
def transport(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Transport]:
    """Feeds and Kafka, as on a laptop and as deployed."""
    found: Transport
    if request.param == "feed":
        found = Feed(Origin(tmp_path))
    else:
        kafka = request.getfixturevalue("kafka")
        found = Topics(Origin(tmp_path, kafka.bootstrap), kafka)
    yield found
    found.close()


@pytest.fixture
def follower(request: pytest.FixtureRequest, transport: Transport, tmp_path: Path) -> Follower:
    """On SQLite beside the feed, on PostgreSQL beside Kafka."""
    if isinstance(transport, Feed):
        return Follower(f"sqlite:///{tmp_path / 'follower.db'}", tmp_path)
    return Follower(request.getfixturevalue("postgres_url"), tmp_path)


@pytest.fixture
def consume(transport: Transport, follower: Follower) -> Iterator[Callable[..., Consumer]]:
    """Makes consumers, as a worker does at its start; they are closed at the end."""
    made = []

    def make(group: str | None = None) -> Consumer:
        made.append(follower.consumer(transport.source(follower.positions, group=group)))
        return made[-1]

    yield make
    for consumer in made:
        consumer.close()
    follower.database.close()


def until(consumer: Consumer, condition: Callable[[], object], seconds: float = 40) -> None:
    """Let the consumer work until the condition holds."""

    def so() -> object:
        if found := condition():
            return found
        consumer.step(0.2)
        return condition()

    await_that(so, seconds)


def polled(source: Source) -> list[Batch]:
    """The first batches that come."""
    found: list[Batch] = []

    def came() -> list[Batch]:
        found.extend(source.poll(0.2))
        return found

    await_that(came, 40)
    return found


def assert_once(follower: Follower, boxes: dict[str, list[int]]) -> None:
    """Each box holds its numbers in order, each event is noted once, and asked for its reaction."""
    assert follower.boxes() == boxes
    assert follower.inbox() == sorted((box, n) for box, numbers in boxes.items() for n in numbers)
    assert follower.noticed() == sum(len(numbers) for numbers in boxes.values())
    assert follower.parked() == []


def test_all_events_come_from_the_beginning_in_the_order_of_their_stream(
    transport: Transport, follower: Follower, consume: Callable[..., Consumer]
):
    transport.origin.fill(*BOXES, "lock_1", times=30)  # the lock's events are internal
    transport.deliver()

    everything = full([*BOXES, "lock_1"], 30)
    until(consume(), lambda: follower.boxes() == everything)

    assert_once(follower, everything)


def test_what_is_written_later_comes_too(
    transport: Transport, follower: Follower, consume: Callable[..., Consumer]
):
    consumer = consume()
    for times in (1, 2, 3):
        transport.origin.fill(*BOXES)
        transport.deliver()
        until(consumer, lambda: follower.boxes() == full(BOXES, times))  # noqa: B023

    assert_once(follower, full(BOXES, 3))


def die_after_polling(consumer: Consumer, source: Source) -> None:
    polled(source)


def die_before_the_commit(consumer: Consumer, source: Source) -> None:
    batches = polled(source)
    with pytest.raises(Fenced):  # the last of them is refused, after all others were applied
        consumer.apply([*batches, batches[0]])


def die_after_the_commit(consumer: Consumer, source: Source) -> None:
    consumer.apply(polled(source))


@pytest.mark.parametrize("die", [die_after_polling, die_before_the_commit, die_after_the_commit])
def test_nothing_is_lost_or_doubled_wherever_a_consumer_ends(
    transport: Transport,
    follower: Follower,
    consume: Callable[..., Consumer],
    die: Callable[[Consumer, Source], None],
):
    for times in (1, 2, 3):
        transport.origin.fill(*BOXES)
        transport.deliver()
        source = transport.source(follower.positions, group=transport.origin.name)
        die(follower.consumer(source), source)
        source.close()
        transport.origin.fill("box_0")
        transport.deliver()
        everything = full({**dict.fromkeys(BOXES, times), "box_0": 2 * times})
        last = consume(transport.origin.name)
        until(last, lambda: follower.boxes() == everything)  # noqa: B023
        last.close()

    assert_once(follower, everything)


def test_a_database_that_is_away_in_the_midst_of_it_costs_no_event(
    transport: Transport, follower: Follower
):
    away: set[str] = set()

    def stored() -> dict[str, str]:
        if "reading" in away:
            raise away_error()
        return follower.positions()

    class Consumer(consumers.Consumer):
        def apply(self, batches: Sequence[Batch]) -> None:
            if "writing" in away:
                raise away_error()
            super().apply(batches)

    consumer = Consumer(
        follower.database, CLOCK, transport.source(stored), [follower.projection], [NOTICE]
    )
    for times, trouble in enumerate([{"writing"}, {"reading"}, {"reading", "writing"}, set()], 1):
        transport.origin.fill(*BOXES)
        transport.deliver()
        away |= trouble
        for _ in range(3):
            with suppress(OperationalError, SourceUnavailable):
                consumer.step(0.5)
        transport.origin.fill("box_0")
        transport.deliver()
        with suppress(OperationalError, SourceUnavailable):
            consumer.step(0.5)
        away.clear()
        boxes = full({**dict.fromkeys(BOXES, times), "box_0": 2 * times})
        until(consumer, lambda: follower.boxes() == boxes)  # noqa: B023
    assert_once(follower, boxes)
    consumer.close()


def away_error() -> OperationalError:
    return OperationalError("SELECT 1", None, Exception("the database is away"))


def test_a_follower_that_lost_its_place_applies_nothing_twice(
    transport: Transport, follower: Follower, consume: Callable[..., Consumer]
):
    transport.origin.fill(*BOXES, times=5)
    transport.deliver()
    until(consume(), lambda: follower.boxes() == full(BOXES, 5))

    follower.forget_positions()
    transport.origin.fill(*BOXES)
    transport.deliver()

    until(consume(), lambda: follower.boxes() == full(BOXES, 6))
    assert_once(follower, full(BOXES, 6))


def test_a_zombie_is_fenced_and_goes_on_from_where_the_other_is(
    transport: Transport, follower: Follower, consume: Callable[..., Consumer]
):
    transport.origin.fill(*BOXES)
    transport.deliver()
    source = transport.source(follower.positions)
    zombie, batches = follower.consumer(source), polled(source)
    until(consume(), lambda: follower.boxes() == full(BOXES))

    with pytest.raises(Fenced):
        zombie.apply(batches)
    source.reset()

    transport.origin.fill(*BOXES)
    transport.deliver()
    until(zombie, lambda: follower.boxes() == full(BOXES, 2))
    assert_once(follower, full(BOXES, 2))
    zombie.close()


def test_two_that_both_think_the_work_is_theirs_apply_each_event_once(
    transport: Transport, follower: Follower, consume: Callable[..., Consumer]
):
    one, other = consume("one"), consume("other")
    for times in range(1, 6):
        transport.origin.fill(*BOXES)
        transport.deliver()
        for _ in range(3):
            one.step(0.2)
            other.step(0.2)
        until(one, lambda: follower.boxes() == full(BOXES, times))  # noqa: B023

    until(other, lambda: not other.step(0.2))
    assert_once(follower, full(BOXES, 5))


def test_an_event_that_cannot_be_applied_holds_back_its_own_stream_alone(
    transport: Transport, follower: Follower, consume: Callable[..., Consumer]
):
    follower.poison.add(("box_3", 2))
    transport.origin.fill(*BOXES, times=3)
    transport.deliver()

    consumer = consume()
    rest = {**dict.fromkeys(BOXES, 3), "box_3": 1}
    until(consumer, lambda: follower.boxes() == full(rest) and len(follower.parked()) == 2)
    transport.origin.fill(*BOXES)
    transport.deliver()
    rest = {**dict.fromkeys(BOXES, 4), "box_3": 1}
    until(consumer, lambda: follower.boxes() == full(rest) and len(follower.parked()) == 3)

    waiting = [(parked.version, parked.reason) for parked in follower.parked()]
    assert waiting == [(2, FAILED), (3, BEHIND), (4, BEHIND)]
    assert follower.parked()[0].error == "ValueError: this box cannot hold that"


def test_a_source_that_is_away_is_said_to_be_and_followed_again_when_it_is_back(
    transport: Transport,
    follower: Follower,
    consume: Callable[..., Consumer],
    request: pytest.FixtureRequest,
):
    if isinstance(transport, Topics) and not request.getfixturevalue("kafka").controllable:
        pytest.skip("this broker is not for the tests to stop")
    consumer = consume()
    transport.origin.fill(*BOXES)
    transport.deliver()
    until(consumer, lambda: follower.boxes() == full(BOXES))

    transport.go_away()
    try:
        with pytest.raises(SourceUnavailable) as away:
            until(consumer, lambda: False)
        consumer.report(str(away.value))
        assert follower.report()[2] == str(away.value)
    finally:
        transport.come_back()
    transport.origin.fill(*BOXES)
    transport.deliver()

    def step_through_trouble() -> bool:
        try:
            consumer.step(0.2)
        except SourceUnavailable:
            return False
        return follower.boxes() == full(BOXES, 2) and follower.report()[2] is None

    await_that(step_through_trouble)
    assert_once(follower, full(BOXES, 2))


def test_a_reader_with_a_bound_reads_up_to_it_and_never_beyond(
    transport: Transport, follower: Follower, consume: Callable[..., Consumer]
):
    consumer = consume()
    transport.origin.fill(*BOXES, times=5)
    transport.deliver()
    until(consumer, lambda: follower.boxes() == full(BOXES, 5))
    transport.origin.fill(*BOXES)  # which the consumer at work has not come to yet
    transport.deliver()

    reader = transport.source(dict, follower.positions)
    read: dict[str, str] = {}
    seen: list[tuple[str, int]] = []

    def read_on() -> bool:
        batches = reader.poll(0.2)
        reader.moved(batches)
        read.update({batch.partition: batch.after for batch in batches})
        seen.extend((event.stream, event.version) for batch in batches for event in batch.events)
        return read == follower.positions()

    await_that(read_on)
    assert sorted(seen) == sorted((box, n) for box in BOXES for n in range(1, 6))

    assert not any(read_on() and reader.poll(0.2) for _ in range(3)), "read beyond the bound"
    until(consumer, lambda: follower.boxes() == full(BOXES, 6))
    await_that(read_on)
    assert sorted(seen) == sorted((box, n) for box in BOXES for n in range(1, 7))
    reader.close()


def test_a_follower_far_behind_catches_up_in_batches(
    transport: Transport, follower: Follower, consume: Callable[..., Consumer], record_property
):
    boxes = [f"box_{n}" for n in range(200)]
    for _ in range(10):
        transport.origin.fill(*boxes, times=10)
    transport.deliver()

    consumer, steps = consume(), 0
    started = time.perf_counter()
    while sum(map(len, follower.boxes().values())) < 20_000:
        steps += consumer.step(1)
        assert time.perf_counter() - started < 60
    rate = round(20_000 / (time.perf_counter() - started))

    record_property("events_per_second", rate)
    print(f"{type(transport).__name__}: {rate:,} events/s in {steps} batches")
    assert_once(follower, full(boxes, 100))
    assert 20_000 / 1000 <= steps < 20_000 / 50
