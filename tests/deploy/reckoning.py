"""What must hold in a deployment when all is over: nothing acknowledged lost, nothing doubled."""

import json
from collections import defaultdict

from shared.projection.generations import FOLLOWED
from tests.deploy.deployment import Deployment
from tests.fault.writers import Writers

Versions = dict[str, list[int]]  # of each stream, in the order in which they are there

_READ_TOPICS = """
import json
from kafka import KafkaConsumer, TopicPartition
from shared.settings import load_settings
from shared.stream.envelope import from_binary
from shared.stream.kafka import PARTITIONS, connection_options, topics_of
reader = KafkaConsumer(**connection_options(load_settings(need_tokens=False).kafka))
places = [TopicPartition(t, n) for t in topics_of("registry") for n in range(PARTITIONS)]
reader.assign(places)
reader.seek_to_beginning()
ends, found = reader.end_offsets(places), {}
while any(reader.position(place) < end for place, end in ends.items()):
    for records in reader.poll(timeout_ms=500).values():
        for record in records:
            event = from_binary(record.headers, record.value)
            found.setdefault(event.stream, []).append(event.version)
print(json.dumps(found))
"""


def assert_nothing_lost_or_doubled(deployment: Deployment) -> None:
    """What was acknowledged to the writers is there once: in store, topics and discovery."""
    versions = deployment.acknowledged
    acknowledged = {c: list(range(1, version + 1)) for c, version in versions.items()}
    stored = _versions(deployment, "registry", "SELECT stream_id, version FROM events")
    written = {s: v for s, v in stored.items() if s in versions}
    assert written == acknowledged
    unasked = (
        "SELECT count(*) FROM events WHERE type = 'registry.community.registered'"
        f" AND data ->> 'name' LIKE '{Writers.NAME}%'"
    )
    assert deployment.rows("registry", unasked) == [[str(len(versions))]]
    sent = in_topics(deployment)
    assert {s: list(dict.fromkeys(v)) for s, v in sent.items()} == stored
    table = f"documents_{generation(deployment, 'discovery', FOLLOWED)}"
    documents = _versions(deployment, "discovery", f"SELECT id, version FROM {table}")
    assert {c: v for c, [v] in documents.items() if c in versions} == versions


def in_topics(deployment: Deployment) -> Versions:
    """The registry's events as its topics have them, each as often as it is there."""
    done = deployment.execute("registry-worker", "python", "-c", _READ_TOPICS)
    assert done.returncode == 0, done.stderr
    found: Versions = json.loads(done.stdout.splitlines()[-1])
    return found


def generation(deployment: Deployment, service: str, group: str) -> str:
    """Which of the two sets of tables is in use: rebuilding changes it."""
    sql = f"SELECT coalesce(max(active), 1) FROM generations WHERE name = '{group}'"
    return deployment.rows(service, sql)[0][0]


def _versions(deployment: Deployment, service: str, sql: str) -> Versions:
    found: Versions = defaultdict(list)
    for stream, version in deployment.rows(service, f"{sql} ORDER BY 1, 2"):
        found[stream].append(int(version))
    return dict(found)
