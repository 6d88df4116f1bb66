"""Makes the topics that are missing: `python -m shared.stream.topics`. Safe to run again.

With `--anew` it empties those that there are, for all events to be sent again: after a restore.
"""

import sys
import time
from collections.abc import Sequence

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError

from shared.settings import Kafka, settings_or_exit
from shared.stream.kafka import ALL_TOPICS, PARTITIONS, connection_options

_PATIENCE = 30.0  # seconds for topics to be gone


def make_topics(kafka: Kafka, names: Sequence[str] = ALL_TOPICS) -> list[str]:
    """Make those of the topics that are missing; returns their names. Raises KafkaError."""
    admin = KafkaAdminClient(**connection_options(kafka))
    try:
        there = set(admin.list_topics())
        made = []
        for name in (name for name in names if name not in there):
            try:
                admin.create_topics([_new(name)])
                made.append(name)
            except TopicAlreadyExistsError:
                continue  # another made it meanwhile
        return made
    finally:
        admin.close()


def make_topics_anew(kafka: Kafka, names: Sequence[str] = ALL_TOPICS) -> list[str]:
    """Delete these topics and make them again. Nobody may be sending. Raises KafkaError."""
    admin = KafkaAdminClient(**connection_options(kafka))
    try:
        there = sorted(set(names) & set(admin.list_topics()))
        if there:
            admin.delete_topics(there)
        deadline = time.monotonic() + _PATIENCE
        while set(names) & set(admin.list_topics()):  # deleted in the background
            if time.monotonic() > deadline:
                raise KafkaTimeoutError(f"the topics were not deleted within {_PATIENCE:g} s")
            time.sleep(0.1)
    finally:
        admin.close()
    return make_topics(kafka, names)


def _new(name: str) -> NewTopic:
    """A newcomer reads from the beginning, so nothing is ever deleted."""
    return NewTopic(
        name=name,
        num_partitions=PARTITIONS,
        replication_factor=-1,  # the broker's own default
        topic_configs={"cleanup.policy": "delete", "retention.ms": "-1"},
    )


def main() -> int:
    kafka = settings_or_exit(need_tokens=False).kafka
    if kafka is None:
        print("HEDGEROW_KAFKA_BOOTSTRAP is not set: there are no topics to make.")  # noqa: T201
        return 0
    try:
        made = make_topics_anew(kafka) if sys.argv[1:] == ["--anew"] else make_topics(kafka)
    except KafkaError as error:
        where = ",".join(kafka.bootstrap)
        print(f"Kafka at {where} does not answer: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"Made {len(made)} topics." if made else "All topics are there.")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
