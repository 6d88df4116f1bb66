"""What is in Kafka's topics, from the beginning."""

from kafka import KafkaConsumer, TopicPartition

from shared.stream.kafka import PARTITIONS

RAISED = "platform.epoch-raised"
Records = list[tuple[dict[str, str], str]]  # each one's headers and value


def in_topic(bootstrap: str, name: str) -> dict[int, Records]:
    """Each partition's records."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    places = [TopicPartition(name, number) for number in range(PARTITIONS)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(places)
    found: dict[int, Records] = {place.partition: [] for place in places}
    while any(consumer.position(place) < end for place, end in ends.items()):
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                headers = {key: value.decode() for key, value in record.headers}
                found[record.partition].append((headers, record.value.decode()))
    consumer.close()
    return found
