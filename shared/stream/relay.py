"""The relay: sends a service's events to Kafka, in order, and remembers what was acknowledged.

One relay a service, by a lease. An event is marked as sent only when the broker acknowledged it and
all before it; after a crash the last batch may be sent again, which consumers notice by its stream
and version.
"""

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import structlog
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from shared.connection import Connection
from shared.database import Database, mark, marks
from shared.eventstore.codec import EventTypes
from shared.eventstore.epochs import announcements, is_epoch_raised
from shared.eventstore.events import START, Cursor, Event
from shared.eventstore.store import EventStore
from shared.settings import Kafka
from shared.stream.envelope import binary
from shared.stream.kafka import PARTITIONS, connection_options, topic, topics_of
from shared.stream.source import SourceUnavailable

log = structlog.get_logger()
_BATCH = 2000
_NAME = "kafka"
# While the broker is away the producer itself keeps trying in order; expiring records early would
# let a later event of a stream overtake an earlier one.
_DELIVERY_SECONDS = 120
_GRACE_SECONDS = 15  # within which the producer ought to have said that it has given up
_ANSWER_MS = 5000
_LOOK_SECONDS = 60  # after which it looks again whether the topics still have what was sent
_PATIENCE_SECONDS = 3  # after which a step says that it waits, and a process may end


def make_producer(kafka: Kafka) -> Any:
    """A producer that keeps order and writes once. Keep one for the life of the process."""
    return KafkaProducer(
        **connection_options(kafka),
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        batch_size=262_144,
        compression_type="lz4",
        delivery_timeout_ms=_DELIVERY_SECONDS * 1000,
        max_block_ms=10_000,
    )


class _Sent(NamedTuple):
    """A batch on its way: where the mark was, the events, the futures of each, and since when."""

    before: Cursor
    events: list[Event]
    futures: list[list[Any]]
    since: float


class Relay:
    """`step` is called again and again by one thread that holds the lease."""

    def __init__(
        self, service: str, database: Database, store: EventStore, types: EventTypes, kafka: Kafka
    ) -> None:
        self._service, self._database, self._kafka = service, database, kafka
        self._store, self._types = store, types
        self._producer: Any = None
        self._sent: _Sent | None = None
        self._ahead: tuple[Cursor, list[Event]] = (START, [])  # what comes after that cursor
        self._looked = -math.inf

    def step(self) -> bool:
        """Send one batch and wait for its acknowledgement; returns whether there was one.

        Raises SourceUnavailable where the broker did not take all of it, or not yet: the next step
        goes on waiting for the same batch, which the producer goes on sending until it gives up.
        """
        if self._sent is None:
            before, events = self._next()
            self._look_at_topics(before)
            if not events:
                return False
            self._connect()
            self._sent = _Sent(before, events, self._send(before, events), time.monotonic())
            if len(events) == _BATCH:
                self._read_ahead(events[-1].cursor)
        taken = self._acknowledged(self._sent)
        (before, events, *_), self._sent = self._sent, None
        if taken:
            self._looked = time.monotonic()
            with self._database.write() as connection:
                _move(connection, before, events[taken - 1].cursor)
        if taken < len(events):
            self._drop_producer()
            raise SourceUnavailable(f"Kafka acknowledged {taken} of {len(events)} events")
        return True

    def close(self) -> None:
        """What was not acknowledged by now is sent again by the next relay."""
        if self._producer is not None:
            with suppress(KafkaError):
                self._producer.close(timeout=1)

    def _drop_producer(self) -> None:
        """The next batch has a new one: that of kafka-python that gave a record up while the broker
        was away may wait for ever, for an answer to a question that it no longer asks.
        """
        if self._producer is not None:
            with suppress(KafkaError):
                self._producer.close(timeout=0)
            self._producer = None

    def _next(self) -> tuple[Cursor, list[Event]]:
        """The mark, and the events to send after it."""
        with self._database.read() as connection:
            before = position(connection)
            cursor, events = self._ahead
            if before != cursor or not events:
                events = self._store.read(connection, before, _BATCH)
        return before, events

    def _read_ahead(self, cursor: Cursor) -> None:
        """Read what follows while the producer still sends what was read before."""
        with self._database.read() as connection:
            self._ahead = cursor, self._store.read(connection, cursor, _BATCH)

    def _look_at_topics(self, before: Cursor) -> None:
        """Raises SourceUnavailable where events were sent and the topics have none: what came next
        would be all that newcomers ever see.
        """
        if before == START or time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        try:
            empty = _are_empty(self._service, self._kafka)
        except KafkaError as error:
            raise SourceUnavailable(f"Kafka: {error}") from error
        if empty:
            raise SourceUnavailable(
                f"the topics are empty, though events up to {before} were sent: Kafka has lost its"
                " data, or is another. Have everything sent again: deploy/topics-anew"
            )
        self._looked = time.monotonic()

    def _connect(self) -> None:
        try:
            if self._producer is None:
                self._producer = make_producer(self._kafka)
        except KafkaError as error:
            raise SourceUnavailable(f"Kafka: {error}") from error

    def _send(self, before: Cursor, events: Sequence[Event]) -> list[list[Any]]:
        try:
            first = self._announce() if before == START else []
            futures = [self._send_one(event) for event in events]
            return [[*first, *futures[0]], *futures[1:]]
        except KafkaError as error:
            raise SourceUnavailable(f"Kafka: {error}") from error

    def _acknowledged(self, sent: _Sent) -> int:
        """How many from the first on were acknowledged, once that is known of all."""
        try:
            self._producer.flush(timeout=_PATIENCE_SECONDS)
        except KafkaError as error:
            if time.monotonic() - sent.since < _DELIVERY_SECONDS + _GRACE_SECONDS:
                raise SourceUnavailable(
                    f"Kafka has yet to acknowledge {len(sent.events)} events"
                ) from error
        for place, futures in enumerate(sent.futures):
            if not all(future.succeeded() for future in futures):
                return place
        return len(sent.futures)

    def _announce(self) -> list[Any]:
        """Topics that are filled again begin by telling of the epochs that there were."""
        with self._database.read() as connection:
            events = announcements(connection, self._store)
        return [future for event in events for future in self._send_one(event)]

    def _send_one(self, event: Event) -> list[Any]:
        """An epoch is told of in every partition, for each is followed by itself."""
        headers, key, value = binary(self._types.present(event), self._service)
        if not is_epoch_raised(event.type):
            name = topic(self._service, event.audience)
            return [self._producer.send(name, key=key, value=value, headers=headers)]
        return [
            self._producer.send(name, key=key, value=value, headers=headers, partition=number)
            for name in topics_of(self._service)
            for number in range(PARTITIONS)
        ]


def _are_empty(service: str, kafka: Kafka) -> bool:
    """Whether the topics of a service are there and nothing ever came to them.

    False while the broker does not know all of them yet, as just after they were made.
    """
    places = [TopicPartition(name, n) for name in topics_of(service) for n in range(PARTITIONS)]
    reader = KafkaConsumer(**connection_options(kafka))
    try:
        return not any(reader.end_offsets(places, timeout_ms=_ANSWER_MS).values())
    except KeyError:  # kafka-python's own, of a partition that it was told nothing of
        return False
    finally:
        reader.close()


def position(connection: Connection) -> Cursor:
    """The last event that the broker acknowledged."""
    sql = f"SELECT cursor FROM relay WHERE name = {mark(connection)}"
    row = connection.exec_driver_sql(sql, (_NAME,)).first()
    return Cursor.parse(row[0]) if row else START


def _move(connection: Connection, expected: Cursor, to: Cursor) -> None:
    """Move on, unless another relay has: then its mark stands, and ours was sent twice."""
    p = mark(connection)
    if expected == START:
        connection.exec_driver_sql(
            f"INSERT INTO relay (name, cursor) VALUES ({marks(connection, 2)})"
            " ON CONFLICT DO NOTHING",
            (_NAME, str(to)),
        )
    else:
        connection.exec_driver_sql(
            f"UPDATE relay SET cursor = {p} WHERE name = {p} AND cursor = {p}",
            (str(to), _NAME, str(expected)),
        )
