"""Kafka topics as a source. Positions are the consumer's own; Kafka's are only for its tools."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

from shared.eventstore.epochs import is_epoch_raised
from shared.eventstore.events import INTERNAL, PUBLIC, START, Event
from shared.settings import Kafka
from shared.stream.envelope import MalformedEnvelope, from_binary
from shared.stream.kafka import connection_options, service_of, topic
from shared.stream.source import Batch, Look, SourceUnavailable

log = structlog.get_logger()
_POLL_RECORDS = 1000
# Seconds. The longest is also how long the lag goes unlooked at where nothing comes.
_SHORTEST_POLL, _LONGEST_POLL = 0.2, 0.5
_STUCK = 8.0  # seconds without progress though there is something to read
_LOOK_MS = 5000  # a broker that is away is noticed here: polling it is just quiet
Positions = Callable[[], dict[str, str]]


class KafkaSource:
    """With a `group`, shares the topics' partitions with the group's other members; without one it
    reads them all. A `member` that was killed and comes back under its name has its partitions
    again at once, where they else wait for its session to run out. `until`, where given, tells how
    far to read each partition and no further.
    """

    transport = "kafka"

    def __init__(
        self,
        kafka: Kafka,
        topics: Sequence[str],
        positions: Positions,
        *,
        group: str | None = None,
        member: str | None = None,
        until: Positions | None = None,
    ) -> None:
        self.sources: Sequence[str] = sorted({service_of(name) for name in topics})
        self._kafka, self._topics = kafka, list(topics)
        self._group, self._member = group, member
        self._positions, self._until = positions, until
        self._next: dict[TopicPartition, str | None] = {}
        self._astray = True  # where to go on from must be looked up before anything is polled
        self._consumer: Any = None
        self._seen: dict[str, str] = {}
        self._seen_at = time.monotonic()

    def poll(self, seconds: float) -> list[Batch]:
        try:
            if self._consumer is None:
                self._connect()
            if self._astray:
                self._find_place()
            patience = min(max(seconds, _SHORTEST_POLL), _LONGEST_POLL)
            polled = self._consumer.poll(timeout_ms=int(patience * 1000))
            if self._astray:  # partitions were assigned meanwhile: this is not from where we are
                return []
            bounds = self._until() if self._until is not None else None
            batches = [self._batch(tp, records, bounds) for tp, records in polled.items()]
        except Exception as error:
            self.reset()  # or the next poll could go on behind what came now
            if isinstance(error, KafkaError):
                raise SourceUnavailable(f"Kafka: {error}") from error
            raise
        return [batch for batch in batches if batch is not None]

    def moved(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            self._next[_topic_partition(batch.partition)] = batch.after
        if self._group is not None:  # so that Kafka's own tools show the lag; never read back
            offsets = {
                _topic_partition(batch.partition): OffsetAndMetadata(int(batch.after), "", -1)
                for batch in batches
            }
            self._consumer.commit_async(offsets)

    def reads(self, partition: str) -> bool:
        return partition.rpartition("/")[0] in self._topics

    def reset(self) -> None:
        self._astray = True

    def look(self) -> list[Look]:
        """Events between what is stored and the topics' ends, over all partitions."""
        if self._consumer is None:
            return []
        partitions = self._all_partitions()
        try:
            ends = self._consumer.end_offsets(partitions, timeout_ms=_LOOK_MS)
        except (KafkaError, KeyError) as error:  # KeyError: the broker told nothing of a partition
            raise SourceUnavailable(f"Kafka: {error}") from error
        stored = self._positions()
        lags = dict.fromkeys(self.sources, 0)
        for tp, end in ends.items():
            lags[service_of(tp.topic)] += max(0, end - int(stored.get(_name(tp), "0")))
        self._join_anew_where_stuck(stored, lagging=any(lags.values()))
        return [Look(source, lag) for source, lag in lags.items()]

    def _join_anew_where_stuck(self, stored: dict[str, str], *, lagging: bool) -> None:
        """A group whose leader met the topics as they were being made may hand out nothing, and
        stay so. Where there is something to read and nobody reads it, join as another member."""
        now = time.monotonic()
        if not lagging or stored != self._seen:
            self._seen, self._seen_at = stored, now
        elif self._group is not None and now - self._seen_at > _STUCK:
            log.warning("there are events and none come, joining the group anew")
            self.close()
            self._consumer, self._member, self._seen_at = None, None, now

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close(autocommit=False)

    def _connect(self) -> None:
        self._consumer = KafkaConsumer(
            **connection_options(self._kafka) | {"request_timeout_ms": 40_000},
            group_id=self._group,
            group_instance_id=self._member,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=_POLL_RECORDS,
            allow_auto_create_topics=False,
            fetch_max_wait_ms=100,
            session_timeout_ms=10_000,
            metadata_max_age_ms=30_000,
        )
        # A group's leader hands out the partitions that it knows of. With none known yet, it hands
        # out none, and not every time notices afterwards that there are some.
        missing = [name for name in self._topics if not self._partitions(name)]
        if missing:
            self._consumer.close(autocommit=False)
            self._consumer = None
            raise SourceUnavailable(f"Kafka has no topic {', '.join(missing)} yet")
        if self._group is None:
            self._consumer.assign(self._all_partitions())
        else:
            self._consumer.subscribe(self._topics, listener=_OnAssigned(self.reset))

    def _all_partitions(self) -> list[TopicPartition]:
        return [
            TopicPartition(name, number)
            for name in self._topics
            for number in self._partitions(name)
        ]

    def _partitions(self, name: str) -> list[int]:
        return sorted(self._consumer.partitions_for_topic(name) or ())

    def _find_place(self) -> None:
        """Go on from the positions that the projections' own transactions stored."""
        stored = self._positions()
        self._astray = False  # before asking for the assignment, which may change at any moment
        for tp in self._consumer.assignment():
            self._next[tp] = stored.get(_name(tp))
            self._consumer.seek(tp, int(self._next[tp] or 0))

    def _batch(
        self, tp: TopicPartition, records: Sequence[Any], bounds: Mapping[str, str] | None
    ) -> Batch | None:
        if bounds is not None:
            bound = int(bounds.get(_name(tp), "0"))
            if records[-1].offset >= bound:
                self._consumer.seek(tp, bound)
                records = [record for record in records if record.offset < bound]
        if not records:
            return None
        if records[0].offset < int(self._next.get(tp) or 0):
            raise SourceUnavailable(
                f"{_name(tp)} has less than was read of it: Kafka has lost its data, or is another."
                " Have everything sent again: deploy/topics-anew"
            )
        events, unreadable = [], []
        for record in records:
            try:
                event = from_binary(record.headers, record.value or b"")
                # Told in every partition, an epoch is taken from one: others may read the others.
                if not is_epoch_raised(event.type) or _name(tp) == _told_in(tp.topic):
                    events.append(event)
            except MalformedEnvelope as error:
                unreadable.append(_stand_in(record, str(error)))
        after = str(records[-1].offset + 1)
        return Batch(service_of(tp.topic), _name(tp), self._next.get(tp), after, events, unreadable)


class _OnAssigned(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, reset: Callable[[], None]) -> None:
        self._reset = reset

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Nothing to do: what was polled and not applied is fenced off by its position."""

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        log.info("partitions assigned", count=len(assigned))
        self._reset()


def _stand_in(record: Any, reason: str) -> Event:
    """An event that stands for a record that is none, so that its key waits for an operator."""
    place = f"{record.topic}/{record.partition}@{record.offset}"
    key = (record.key or b"").decode(errors="replace").replace("\0", "\ufffd")
    return Event(
        *START,
        stream=key or place,
        version=0,
        id=place,
        type="unreadable",
        schema=1,
        time=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        audience=INTERNAL,
        correlation=place,
        causation=None,
        actor=None,
        data=msgspec.json.encode(f"{place}: {reason}").decode(),
    )


def _told_in(name: str) -> str:
    return f"{topic(service_of(name), PUBLIC)}/0"


def _name(tp: TopicPartition) -> str:
    return f"{tp.topic}/{tp.partition}"


def _topic_partition(name: str) -> TopicPartition:
    topic, _, number = name.rpartition("/")
    return TopicPartition(topic, int(number))
