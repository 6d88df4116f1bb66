"""What was written in one service is read in another at once, by whoever says after what."""

import uuid
from collections.abc import Iterator

import pytest

from tests.platform import Platform

pytestmark = pytest.mark.timeout(240)
_WRITES = 20


@pytest.fixture(scope="module", params=["embedded", "deployed"])
def platform(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """Registry and discovery on SQLite and feeds; and the same over PostgreSQL and Kafka."""
    settings = {}
    services = ("registry", "discovery")
    if request.param == "deployed":
        kafka, postgres = map(request.getfixturevalue, ("kafka", "postgres"))
        some = uuid.uuid4().hex[:12]
        databases = {name: postgres.create_database(f"{name}_{some}") for name in services}
        settings = {"databases": databases, "kafka": kafka.bootstrap}
    folder = tmp_path_factory.mktemp(request.param)
    with Platform(folder, services=services, **settings) as found:
        yield found


def test_a_community_is_found_in_discovery_as_soon_as_it_is_registered(platform: Platform) -> None:
    registry, discovery = platform.client("registry"), platform.client("discovery")
    platform.await_caught_up()
    came = 0
    for number in range(_WRITES):
        body = {"name": f"Falls {number}", "domain": "Preventing falls in care homes"}
        made = registry.post("/communities", json=body)
        position = made.headers["Hedgerow-Position"]
        assert position == f"registry={made.json()['id']}@1"
        found = discovery.get(
            f"/communities/{made.json()['id']}/related", headers={"Hedgerow-After": position}
        )
        # On a busy machine it may come later than one waits for it, and never sooner.
        assert found.status_code == 200 or found.elapsed.total_seconds() >= 2, number
        came += found.status_code == 200
    assert came > _WRITES / 2


def test_what_never_comes_is_answered_within_two_seconds_and_something(platform: Platform) -> None:
    discovery = platform.client("discovery")
    after = {"Hedgerow-After": "registry=com_00000000000000000001@1"}
    answer = discovery.get("/links", headers=after)
    assert answer.status_code == 200
    assert 2 <= answer.elapsed.total_seconds() < 20
