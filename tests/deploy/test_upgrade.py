"""From the last release to this version and back, while people go on writing."""

import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.projection.generations import FOLLOWED, OWN
from tests.deploy import deployment as ours
from tests.deploy.deployment import Deployment, docker
from tests.deploy.reckoning import generation
from tests.releases import Release, git, last_release
from tests.servers import await_that

pytestmark = pytest.mark.timeout(900)
IMAGE = f"{ours.IMAGE}-upgrade"
_PAUSE = 8.0  # seconds before a second try: the edge is replaced by then, on a busy machine too
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
TWICE = ("registry-web", "discovery-worker")


def check_out(deployment: Deployment, source: Path) -> None:
    """The operator's clone has the scripts of this source; what they made stays."""
    listed = git("ls-files", "-z", "deploy").rstrip("\0").split("\0")
    for name in listed:
        (deployment.folder / name).unlink(missing_ok=True)
    shutil.copytree(source / "deploy", deployment.folder / "deploy", dirs_exist_ok=True)


def build_release(release: Release, source: Path) -> None:
    """The release's image."""
    for target, name in (("hedgerow", IMAGE), ("edge", f"{IMAGE}-edge")):
        file = str(source / "deploy/Dockerfile")
        said = {"VERSION": release.version, "REVISION": release.commit}
        labels = [word for name in said for word in ("--build-arg", f"{name}={said[name]}")]
        docker("build", "-q", "-f", file, "--target", target, *labels, "-t", name, str(source))


@pytest.fixture(scope="module")
def release(clone: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The last release, deployed as it would have been, with two of some roles."""
    was_up = bool(clone.compose("ps", "--quiet").stdout.split())
    clone.compose("stop", "--timeout", "10")  # there is room for one at a time
    folder = tmp_path_factory.mktemp("upgrade")
    found = Deployment(folder)
    found.environ["HEDGEROW_IMAGE"] = IMAGE
    try:
        source = last_release().unpack(folder / "release")
        build_release(last_release(), source)
        now = folder / "now"
        shutil.copytree(found.folder / "deploy", now / "deploy")
        check_out(found, source)
        said = found.configure()
        assert said.returncode == 0, said.stderr
        # A release without a worker's pulse has workers that are never called healthy.
        scale = [word for role in TWICE for word in ("--scale", f"{role}=2")]
        said = found.compose("up", "-d", "--no-build", *scale)
        assert said.returncode == 0, said.stderr[-2000:]
        await_that(lambda: is_ready(found), 120)
        check_out(found, now)
        yield found
    finally:
        found.down()
        images = (IMAGE, f"{IMAGE}:before", f"{IMAGE}-edge", f"{IMAGE}-edge:before")
        docker("image", "rm", "--force", *images)
        if was_up:
            clone.up()


def is_ready(deployment: Deployment) -> bool:
    try:
        return deployment.client("registry").get("/health/ready").status_code == 200
    except httpx.TransportError:  # the edge is not there yet
        return False


class People:
    """They register communities one after another; each command is repeated once at most."""

    def __init__(self, deployment: Deployment, count: int = 3) -> None:
        self._client = deployment.client("registry")
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(count)]
        self.registered: list[str] = []
        self.failed: list[str] = []
        self.repeated = 0

    def __enter__(self) -> "People":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        while not self._stop.wait(0.3):
            key = uuid.uuid4().hex
            said = self._once(key)
            if isinstance(said, str):
                time.sleep(_PAUSE)
                self.repeated += 1
                said = self._once(key)
            if isinstance(said, str):
                self.failed.append(said)
            else:
                self.registered.append(said.json()["id"])

    def _once(self, key: str) -> httpx.Response | str:
        """The answer, or why there was none."""
        body = {"name": "Falls", "domain": "Falls in care homes"}
        try:
            answer = self._client.post("/communities", json=body, headers={"Idempotency-Key": key})
        except httpx.TransportError as error:
            return f"{type(error).__name__}: {error}"
        return answer if answer.status_code == 201 else f"{answer.status_code}: {answer.text}"


def revision(deployment: Deployment, service: str) -> set[str]:
    label = "org.opencontainers.image.revision"
    return {c["Config"]["Labels"][label] for c in deployment.containers(service)}


def everything_is_there(deployment: Deployment, people: People) -> None:
    """All that was acknowledged is in the store and found by discovery, once."""
    assert people.failed == []
    assert people.registered
    stored = registered(deployment)
    assert set(people.registered) <= set(stored)
    listed = f"SELECT id FROM communities_{generation(deployment, 'registry', OWN)}"
    assert sorted(row[0] for row in deployment.rows("registry", listed)) == stored
    assert found_by_discovery(deployment) == stored


def registered(deployment: Deployment) -> list[str]:
    sql = "SELECT stream_id FROM events WHERE type = 'registry.community.registered'"
    return sorted(row[0] for row in deployment.rows("registry", sql))


def found_by_discovery(deployment: Deployment) -> list[str]:
    sql = f"SELECT id FROM documents_{generation(deployment, 'discovery', FOLLOWED)}"
    return sorted(row[0] for row in deployment.rows("discovery", sql))


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
    assert last_release().commit not in revision(release, "registry-web")
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
    assert f"version {last_release().version} can no longer run here" in said.stderr
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
