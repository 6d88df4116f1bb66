"""An earlier release as it is deployed, and people who go on writing while it is upgraded."""

import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from shared.projection.generations import FOLLOWED, OWN
from tests.deploy import deployment as ours
from tests.deploy.deployment import Deployment, docker
from tests.deploy.reckoning import generation
from tests.releases import Release, git
from tests.servers import await_that

IMAGE = f"{ours.IMAGE}-upgrade"
_PAUSE = 8.0  # seconds before a second try: the edge is replaced by then, on a busy machine too
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


@contextmanager
def deployed(release: Release, clone: Deployment, folder: Path) -> Iterator[Deployment]:
    """A release, deployed as it would have been, with two of some roles; its `deploy/` is ours."""
    was_up = bool(clone.compose("ps", "--quiet").stdout.split())
    clone.compose("stop", "--timeout", "10")  # there is room for one at a time
    found = Deployment(folder)
    found.environ["HEDGEROW_IMAGE"] = IMAGE
    try:
        source = release.unpack(folder / "release")
        build_release(release, source)
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
