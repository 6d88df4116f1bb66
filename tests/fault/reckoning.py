"""What must hold when all is over: nothing acknowledged is lost, and nothing is there twice."""

from collections import defaultdict

from kafka import KafkaConsumer, TopicPartition

from shared.database import Database
from shared.stream.envelope import from_binary
from shared.stream.kafka import PARTITIONS, topics_of
from tests.platform import Platform

Versions = dict[str, list[int]]  # of each stream, in the order in which they are there


def assert_nothing_lost_or_doubled(platform: Platform) -> None:
    """What was acknowledged to the writers is there, and no other community."""
    versions = platform.acknowledged
    acknowledged = {c: list(range(1, version + 1)) for c, version in versions.items()}
    stored = in_store(platform)
    assert {s: v for s, v in stored.items() if s.startswith("com_")} == acknowledged
    if platform.kafka:
        sent = in_topics(platform.kafka)
        assert {s: list(dict.fromkeys(v)) for s, v in sent.items()} == stored
    assert in_inbox(platform) == stored
    assert in_discovery(platform) == versions
    for service in platform.services:
        status = platform.status(service)
        assert status["relay"] is None or status["relay"]["at_head"]
        assert status["dead_letters"] == status["divergences"] == status["held_back"] == 0
    platform.await_well()


def in_store(platform: Platform) -> Versions:
    """The registry's events."""
    return _versions(platform, "registry", "SELECT stream_id, version FROM events")


def in_inbox(platform: Platform) -> Versions:
    """What discovery noted as applied."""
    return _versions(platform, "discovery", "SELECT stream_id, version FROM inbox")


def in_discovery(platform: Platform) -> dict[str, int]:
    """The version at which discovery has each community."""
    found = _versions(platform, "discovery", "SELECT id, version FROM documents_1")
    return {community: version for community, [version] in found.items()}


def in_topics(bootstrap: str) -> Versions:
    """The registry's events as its topics have them, each as often as it is there."""
    reader = KafkaConsumer(bootstrap_servers=bootstrap)
    places = [TopicPartition(t, n) for t in topics_of("registry") for n in range(PARTITIONS)]
    reader.assign(places)
    reader.seek_to_beginning()
    ends, found = reader.end_offsets(places), defaultdict(list)
    while any(reader.position(place) < end for place, end in ends.items()):
        for records in reader.poll(timeout_ms=500).values():
            for record in records:
                event = from_binary(record.headers, record.value)
                found[event.stream].append(event.version)
    reader.close()
    return dict(found)


def _versions(platform: Platform, service: str, sql: str) -> Versions:
    found: Versions = defaultdict(list)
    database = Database(platform.database_url(service))
    with database.read() as connection:
        for stream, version in connection.exec_driver_sql(f"{sql} ORDER BY 1, 2"):
            found[stream].append(version)
    database.close()
    return dict(found)
