"""The topics' step: every service's topics, as the contract promises them, made once."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from shared.settings import SERVICES, Kafka, load_settings
from shared.stream.kafka import ALL_TOPICS
from shared.stream.topics import make_topics
from tests.platform import ROOT, delete_topics, topics
from tests.servers import KafkaServer, await_that, free_port

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(kafka: KafkaServer) -> Iterator[Kafka]:
    """A broker that has none of our topics."""
    delete_topics(kafka.bootstrap)
    found = load_settings({"HEDGEROW_KAFKA_BOOTSTRAP": kafka.bootstrap}, need_tokens=False).kafka
    assert found is not None
    yield found
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        await_that(lambda: topics(admin) == {*ALL_TOPICS})  # or it could not be deleted yet


def test_each_service_has_a_public_and_an_internal_topic():
    assert set(ALL_TOPICS) == {
        f"hedgerow.{service}.{audience}"
        for service in SERVICES
        for audience in ("public", "internal")
    }


def test_topics_have_twelve_partitions_and_keep_everything(kafka: KafkaServer, settings: Kafka):
    make_topics(settings)

    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        await_that(lambda: topics(admin) == {*ALL_TOPICS})
        partitions = [len(topic["partitions"]) for topic in admin.describe_topics(ALL_TOPICS)]
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in ALL_TOPICS]
        found = admin.describe_configs(asked)["topic"]
    assert partitions == [12] * 8
    for name in ALL_TOPICS:
        assert found[name]["cleanup.policy"]["value"] == "delete"
        assert found[name]["retention.ms"]["value"] == "-1"


def test_what_is_there_is_left_alone(kafka: KafkaServer, settings: Kafka):
    assert sorted(make_topics(settings)) == sorted(ALL_TOPICS)
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        await_that(lambda: topics(admin) == {*ALL_TOPICS})
        admin.delete_topics([ALL_TOPICS[0]])
        await_that(lambda: ALL_TOPICS[0] not in topics(admin))

    assert make_topics(settings) == [ALL_TOPICS[0]]
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        await_that(lambda: ALL_TOPICS[0] in topics(admin))
    assert make_topics(settings) == []


def test_made_from_several_places_at_once_each_topic_is_made_once(settings: Kafka):
    with ThreadPoolExecutor(4) as pool:
        made = [name for names in pool.map(make_topics, [settings] * 4) for name in names]

    assert sorted(made) == sorted(ALL_TOPICS)


def step(bootstrap: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "shared.stream.topics"],
        env={"HEDGEROW_KAFKA_BOOTSTRAP": bootstrap},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_step_says_what_it_did(kafka: KafkaServer, settings: Kafka):
    first, again = step(kafka.bootstrap), step(kafka.bootstrap)

    assert (first.returncode, first.stdout) == (0, "Made 8 topics.\n")
    assert (again.returncode, again.stdout) == (0, "All topics are there.\n")


def test_the_step_says_in_a_sentence_where_there_is_no_broker():
    nowhere = f"127.0.0.1:{free_port()}"

    failed = step(nowhere)

    assert failed.returncode == 1
    assert failed.stderr.startswith(f"Kafka at {nowhere} does not answer")
    assert "Traceback" not in failed.stderr
