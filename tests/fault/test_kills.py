"""kill -9 at random moments, while eight people register communities: nothing is lost."""

import pytest

from tests.fault.kills import ROLES, Kills
from tests.fault.reckoning import assert_nothing_lost_or_doubled
from tests.fault.writers import Writers
from tests.platform import Platform
from tests.servers import await_that

SEED = 1


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("name", "hits"),
    [
        ("embedded", 5),
        pytest.param("deployed", 6, marks=[pytest.mark.kafka, pytest.mark.postgres]),
    ],
)
def test_what_was_acknowledged_is_there_once_however_often_processes_are_killed(
    request: pytest.FixtureRequest, name: str, hits: int
):
    platform: Platform = request.getfixturevalue(name)

    with Writers(platform) as writers, Kills(platform, SEED, pause=(0.2, 1.0)) as kills:
        await_that(lambda: kills.count.total() >= hits, 90)

    behind = platform.await_caught_up()
    assert_nothing_lost_or_doubled(platform)
    assert all(kills.count[role] for role in ROLES)
    assert writers.repeated, "no command was in hand when a process was killed"
    slowest = max(max(times) for times in kills.recoveries.values())
    print(
        f"{name}: {kills.count.total()} kills, {writers.events:,} events, "
        f"{writers.repeated} commands sent again (at most {writers.longest:.1f} s), "
        f"at work again within {slowest:.1f} s, caught up {behind:.1f} s after the last"
    )
