"""From the last release to this version and back, while people go on writing."""

import time
from collections.abc import Iterator

import pytest

from tests.deploy.deployment import Deployment
from tests.deploy.upgrading import (
    TWICE,
    People,
    deployed,
    everything_is_there,
    found_by_discovery,
    registered,
    revision,
)
from tests.releases import last_release
from tests.servers import await_that

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def release(clone: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(last_release(), clone, tmp_path_factory.mktemp("upgrade")) as found:
        yield found


def test_an_upgrade_that_is_killed_goes_on_where_it_was(release: Deployment) -> None:
    """The next test completes it."""
    release.await_well()
    release.cut_off("deploy/upgrade", "scheduling answers")


def test_an_upgrade_fails_no_write_that_one_more_try_does_not_mend(release: Deployment) -> None:
    release.compose("stop", "scheduling-worker")  # one that ended is begun again all the same
    with People(release) as people:
        began = time.monotonic()
        said = release.run("deploy/upgrade", timeout=800)
        took = time.monotonic() - began
    assert said.returncode == 0, said.stdout + said.stderr + release.logs()
    assert "All is well." in said.stdout, said.stdout + said.stderr
    print(f"upgraded in {took:.0f} s, {len(people.registered)} written, {people.repeated} again")
    release.await_well(600)
    everything_is_there(release, people)
    assert last_release().commit not in revision(release, "registry-web")
    for role in TWICE:
        assert len(release.containers(role)) == 2
    assert [c["State"]["Running"] for c in release.containers("scheduling-worker")] == [True]
    assert list((release.folder / "deploy/before-upgrade").glob("hedgerow-*/manifest"))


def test_going_back_runs_the_old_code_on_the_new_schema(release: Deployment) -> None:
    with People(release) as people:
        said = release.run("deploy/upgrade", "--back", timeout=800)
    assert said.returncode == 0, said.stdout + said.stderr + release.logs()
    for service in ("registry-web", "registry-worker"):
        assert revision(release, service) == {last_release().commit}
    # What only the newer code knows how to do waits for it, so that not all is ever done here.
    await_that(lambda: found_by_discovery(release) == registered(release), 120)
    everything_is_there(release, people)
