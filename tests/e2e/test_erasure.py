"""An erased person's name is nowhere: not in a file, a topic, a feed or a log of the platform."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from kafka import KafkaConsumer

from shared.settings import SERVICES
from shared.stream.kafka import ALL_TOPICS
from tests.e2e.platform import Platform, deployment
from tests.servers import await_that

pytestmark = pytest.mark.timeout(240)
NAME, ADDRESS = "Zebedee Quuxworthy", "zebedee.quuxworthy@people.example"
TRACES = (b"Quuxworthy", b"quuxworthy")


@pytest.fixture(params=["embedded", "deployed"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    settings = {}
    if request.param == "deployed":
        servers = map(request.getfixturevalue, ("kafka", "postgres"))
        settings = deployment(*servers)
    found = Platform(tmp_path / "var", **settings)
    yield found
    found.end()


def test_an_erased_persons_name_is_nowhere(platform: Platform) -> None:
    platform.start("--no-example")
    person = use_everywhere(platform)
    gone = httpx.delete(platform.url("registry", f"/people/{person}"), headers=platform.token)
    assert gone.status_code == 202
    await_that(lambda: platform.get("registry", f"/people/{person}/erasure")["complete"], 30)
    platform.caught_up()

    assert traces_in_files(platform) == []
    for service in SERVICES:
        feed = httpx.get(
            platform.url(service, "/events"), params={"limit": 1000}, headers=platform.token
        )
        assert not any(trace in feed.content for trace in TRACES), service
    bootstrap = platform.environ.get("HEDGEROW_KAFKA_BOOTSTRAP")
    if bootstrap:
        assert traces_in_topics(bootstrap) == []
    assert platform.get("registry", f"/people/{person}")["name"] == "a former member"


def use_everywhere(platform: Platform) -> str:
    """Register, change, read, export and give roles to a person; returns the id."""
    body = {"name": NAME, "email": ADDRESS}
    person = platform.post("/people", body).json()["id"]
    keyed = platform.token | {"Idempotency-Key": "once", "Hedgerow-Actor": person}
    address = platform.url("registry", "/people")
    for _ in range(2):
        assert httpx.post(address, json=body, headers=keyed).status_code == 200
    community = platform.post("/communities", {"name": "Quiet", "domain": "Rest"}).json()["id"]
    roles = f"/communities/{community}/roles"
    begun = platform.post(roles, {"person": person, "role": "convener", "from": "2026-01-01"})
    assert begun.status_code == 201
    platform.get("registry", f"/people/{person}/export")
    platform.get("discovery", "/search", q=NAME)
    wrong = platform.post("/people", body | {"until": "never"})
    assert wrong.status_code == 422
    platform.caught_up()
    assert traces_in_files(platform) or "HEDGEROW_KAFKA_BOOTSTRAP" in platform.environ
    return str(person)


def traces_in_files(platform: Platform) -> list[str]:
    files = [platform.log, *(p for p in platform.data.rglob("*") if p.is_file())]
    return [str(f) for f in files if any(trace in f.read_bytes() for trace in TRACES)]


def traces_in_topics(bootstrap: str) -> list[str]:
    consumer = KafkaConsumer(
        *ALL_TOPICS,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=3000,
    )
    try:
        records = list(consumer)
    finally:
        consumer.close()
    assert records
    return [str(r) for r in records if any(trace in (r.value or b"") for trace in TRACES)]
