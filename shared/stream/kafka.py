"""What all our Kafka clients have in common: addresses, security and the topics' names."""

from typing import Any

from shared.eventstore.events import INTERNAL, PUBLIC
from shared.settings import SERVICES, Kafka

PARTITIONS = 12  # fixed for ever: another number would send a stream's later events elsewhere


def topic(service: str, audience: str) -> str:
    return f"hedgerow.{service}.{audience}"


def topics_of(service: str) -> list[str]:
    return [topic(service, audience) for audience in (PUBLIC, INTERNAL)]


def service_of(topic: str) -> str:
    return topic.split(".")[1]


ALL_TOPICS = [name for service in SERVICES for name in topics_of(service)]


def connection_options(kafka: Kafka) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap_servers": list(kafka.bootstrap),
        "security_protocol": kafka.security_protocol,
        "bootstrap_timeout_ms": 10_000,
        "request_timeout_ms": 10_000,
        "reconnect_backoff_max_ms": 1000,  # 30 s else, which a returning broker would be left alone
    }
    if kafka.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": kafka.user,
            "sasl_plain_password": kafka.password.value,
        }
    return options
