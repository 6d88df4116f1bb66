"""Platforms to be harmed: the tests leave them whole for the next.

Over Kafka there is one at a time, for they all have the same topics: one for each module.
"""

import uuid
from collections.abc import Iterator

import pytest

from shared.settings import SERVICES
from tests.platform import Platform
from tests.servers import KafkaServer, PostgresServer


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """On SQLite and feeds, as on a laptop."""
    with Platform(tmp_path_factory.mktemp("embedded")) as platform:
        yield platform


@pytest.fixture(scope="module")
def deployed(
    kafka: KafkaServer, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """On PostgreSQL and Kafka, as in a deployment."""
    names = {service: f"hedgerow_{service}_{uuid.uuid4().hex}" for service in SERVICES}
    databases = {service: postgres.create_database(name) for service, name in names.items()}
    folder = tmp_path_factory.mktemp("deployed")
    with Platform(folder, databases=databases, kafka=kafka.bootstrap) as platform:
        yield platform
    for name in names.values():
        postgres.drop_database(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function, call: pytest.CallInfo[None]):
    report = yield
    if report.failed:
        for platform in item.funcargs.values():
            if isinstance(platform, Platform):
                report.sections.append(("What the processes wrote", platform.logs()))
    return report
