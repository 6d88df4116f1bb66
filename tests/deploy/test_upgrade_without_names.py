"""From 0.2.0, whose public events named people, to this version: all is published again without."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.deploy.deployment import Deployment
from tests.deploy.upgrading import TWICE, People, deployed, everything_is_there, revision
from tests.releases import release as earlier

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
FROM = "0.2.0"
READ_PUBLIC = """
from kafka import KafkaConsumer, TopicPartition
from shared.settings import load_settings
from shared.stream.kafka import PARTITIONS, connection_options
reader = KafkaConsumer(**connection_options(load_settings(need_tokens=False).kafka))
places = [TopicPartition("hedgerow.registry.public", n) for n in range(PARTITIONS)]
reader.assign(places)
reader.seek_to_beginning()
ends = reader.end_offsets(places)
while any(reader.position(place) < end for place, end in ends.items()):
    for records in reader.poll(timeout_ms=500).values():
        for record in records:
            print(record.headers, record.value.decode().replace(chr(10), " "))
"""


@pytest.fixture(scope="module")
def release(clone: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(earlier(FROM), clone, tmp_path_factory.mktemp("upgrade")) as found:
        yield found


def nobody_is_named(deployment: Deployment) -> None:
    """In what the registry's public topic holds, and its feed shows to anyone."""
    done = deployment.execute("registry-worker", "python", "-c", READ_PUBLIC)
    assert done.returncode == 0, done.stderr
    records = done.stdout.splitlines()
    assert any("registry.community.role-started" in record for record in records)
    assert [record for record in records if "per_" in record] == []
    feed = httpx.get(f"http://127.0.0.1:{deployment.ports['registry']}/events?limit=1000")
    assert "registry.community.role-started" in feed.text
    assert "per_" not in feed.text


def test_an_upgrade_that_is_killed_goes_on_where_it_was(release: Deployment) -> None:
    """The next test completes it."""
    client = release.client("registry")
    person = client.post("/people", json={"name": "Ada", "email": "ada@people.example"}).json()
    community = client.post("/communities", json={"name": "Hazel", "domain": "Hedges"}).json()
    role = {"person": person["id"], "role": "convener", "from": "2020-01-01"}
    made = client.post(f"/communities/{community['id']}/roles", json=role)
    assert made.status_code == 201, made.text
    release.await_well()
    # With the workers stopped; between two services; while the topics are being emptied.
    for at in ("the workers are stopped", "scheduling answers", "discovery answers"):
        release.cut_off("deploy/upgrade", at)


def test_an_upgrade_fails_no_write_that_one_more_try_does_not_mend(release: Deployment) -> None:
    release.compose("stop", "scheduling-worker")  # one that ended is begun again all the same
    with People(release) as people:
        began = time.monotonic()
        said = release.run("deploy/upgrade", timeout=800)
        took = time.monotonic() - began
    assert said.returncode == 0, said.stdout + said.stderr + release.logs()
    assert "All is well." in said.stdout, said.stdout + said.stderr
    assert "There is no way back to the version before" in said.stdout
    print(f"upgraded in {took:.0f} s, {len(people.registered)} written, {people.repeated} again")
    release.await_well(600)
    everything_is_there(release, people)
    assert earlier(FROM).commit not in revision(release, "registry-web")
    for role in TWICE:
        assert len(release.containers(role)) == 2
    assert [c["State"]["Running"] for c in release.containers("scheduling-worker")] == [True]
    assert list((release.folder / "deploy/before-upgrade").glob("hedgerow-*/manifest"))
    raised = release.rows("registry", "SELECT reason FROM epochs")
    assert raised == [["republished"]]
    nobody_is_named(release)


def test_going_back_is_refused_in_words_and_changes_nothing(release: Deployment) -> None:
    running = ("registry-web", "registry-worker", "edge")
    before = {service: [c["Id"] for c in release.containers(service)] for service in running}
    said = release.run("deploy/upgrade", "--back", timeout=800)
    assert said.returncode == 1, said.stdout
    assert f"version {FROM} can no longer run here" in said.stderr
    assert "published again without the ids of people" in said.stderr
    assert "Nothing was changed" in said.stderr
    assert "deploy/restore" in said.stderr
    for service, ids in before.items():
        assert [c["Id"] for c in release.containers(service)] == ids
    release.await_well()


def test_a_backup_from_before_the_upgrade_is_restored_as_this_version_publishes(
    release: Deployment,
) -> None:
    epoch = int(release.rows("registry", "SELECT epoch FROM event_store")[0][0])
    folder = str(release.folder / "deploy/before-upgrade")
    said = release.run("deploy/restore", folder, "--over-live-data", timeout=800)
    assert said.returncode == 0, said.stdout + said.stderr + release.logs()
    release.await_well()
    raised = release.rows("registry", "SELECT epoch, reason FROM epochs ORDER BY epoch")
    assert [reason for _, reason in raised] == ["restored"]
    assert int(raised[0][0]) > epoch
    nobody_is_named(release)
