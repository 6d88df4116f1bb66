"""The relay from the store to Kafka, beside a bare producer of kafka-python."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from services.registry.events import EVENT_TYPES
from shared.database import Database
from shared.eventstore.store import EventStore
from shared.settings import Kafka, Secret
from shared.stream.kafka import PARTITIONS
from shared.stream.relay import Relay, make_producer
from shared.stream.topics import make_topics
from tests.bench import table
from tests.bench.ground import Ground
from tests.bench.stores import fill, migrated

EVENTS, BYTES = 20_000, 1000
_ROUNDS = 3
_LEAST = 0.7
_TOPIC = "bench.bare"
_DATA = '{"name": "Falls", "domain": "%s"}' % ("Falls in care homes. " * 49)


def relaying(ground: Ground) -> Iterator[table.Line]:
    """Both send events of 1 kB with the same options, in turns, until all is acknowledged."""
    kafka = Kafka((ground.kafka,), "PLAINTEXT", "", Secret("none"))
    make_topics(kafka)
    with KafkaAdminClient(bootstrap_servers=ground.kafka) as admin:
        admin.create_topics([NewTopic(_TOPIC, PARTITIONS, 1)])
    database = migrated(ground.database("postgresql"))
    fill(database, EVENTS, _DATA)
    relay = Relay("registry", database, EventStore(database.dialect), EVENT_TYPES, kafka)
    producer = make_producer(kafka)
    turns = [(_relayed(relay, database), _sent(producer)) for _ in range(_ROUNDS)]
    yield table.against(
        "relay, PostgreSQL to Kafka, 1 kB events",
        statistics.median(ours for ours, _ in turns),
        statistics.median(peer for _, peer in turns),
        of="events",
        least=_LEAST,
        bound="kafka-python's own work for each record; twelve headers more for ours",
    )
    relay.close()
    producer.close(timeout=10)
    database.close()


def _relayed(relay: Relay, database: Database) -> float:
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM relay")
    started = time.perf_counter()
    while relay.step():
        pass
    return EVENTS / (time.perf_counter() - started)


def _sent(producer: Any) -> float:
    """The bare producer, with keys and values of ours."""
    value = _DATA.encode()
    started = time.perf_counter()
    futures = [
        producer.send(_TOPIC, key=f"com_{n // 10:020}".encode(), value=value) for n in range(EVENTS)
    ]
    producer.flush()
    assert all(future.succeeded() for future in futures)
    return EVENTS / (time.perf_counter() - started)
