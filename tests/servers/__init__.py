"""A real Kafka broker and PostgreSQL server for the tests: see `choice` for where from."""

from .choice import new_postgres, open_kafka, open_postgres
from .control import Server, Unavailable, await_that, free_port
from .kafka import KafkaServer
from .postgres import PostgresServer

__all__ = [
    "KafkaServer",
    "PostgresServer",
    "Server",
    "Unavailable",
    "await_that",
    "free_port",
    "new_postgres",
    "open_kafka",
    "open_postgres",
]
