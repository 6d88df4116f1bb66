"""A restore that is killed in the middle, and one on a machine where nothing was left."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.deploy.deployment import Deployment
from tests.deploy.test_walk import made
from tests.e2e.platform import write_list
from tests.servers import await_that

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


@dataclass
class BackedUp:
    """A deployment with an encrypted backup, and what has come since."""

    deployment: Deployment
    words: tuple[str, ...]  # how to restore it
    communities: list[str]
    lost: str
    erased: str
    token: str

    def listed(self) -> list[str]:
        found = self.deployment.get("registry", "/communities", limit=200)["items"]
        return sorted(community["id"] for community in found)

    def is_back(self) -> None:
        """What was backed up is there, nothing else, and all is well."""
        self.deployment.await_well()
        assert self.listed() == self.communities
        assert self.deployment.get("discovery", "/search", q="stroke")["items"]


@pytest.fixture(scope="module")
def backed_up(clone: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackedUp]:
    folder = tmp_path_factory.mktemp("cut-off")
    found = Deployment(folder)
    found.prepare()
    found.up()
    write_list(folder / "list.jsonl", 40)
    assert found.hedgerow("import", "list.jsonl", cwd=folder).returncode == 0
    found.await_well()
    (folder / "key").write_text("a long sentence that nobody guesses")
    words = (str(folder / "backups"), "--key", str(folder / "key"))
    made_of = BackedUp(found, words, [], "", "", found.token)
    made_of.communities = made_of.listed()
    person = {"name": "Eve", "email": "eve@example.org"}
    made_of.erased = made(found.client("registry").post("/people", json=person))
    found.await_well()
    said = found.run("deploy/backup", *words)
    assert said.returncode == 0, said.stderr
    lost = {"name": "Lost", "domain": "Lost"}
    made_of.lost = made(found.client("registry").post("/communities", json=lost))
    yield made_of
    found.down()


def restore_until(backed_up: BackedUp, reached: Callable[[], bool]) -> None:
    """`deploy/restore`, killed with all it started here as soon as it has come so far."""
    script = str(backed_up.deployment.folder / "deploy/restore")
    process = subprocess.Popen(
        [script, *backed_up.words, "--over-live-data"],
        env=backed_up.deployment.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await_that(reached, 120)
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_killed_while_it_fills_databases_it_has_changed_nothing(backed_up: BackedUp) -> None:
    sql = "SELECT 1 FROM pg_database WHERE datname = 'scheduling_restoring'"
    restore_until(backed_up, lambda: backed_up.deployment.rows("postgres", sql) == [["1"]])
    assert backed_up.listed() == sorted([*backed_up.communities, backed_up.lost])
    made(
        backed_up.deployment.client("registry").post(
            "/communities", json={"name": "Written meanwhile", "domain": "Falls"}
        )
    )


def test_killed_after_the_databases_were_closed_it_is_run_again(backed_up: BackedUp) -> None:
    # Nobody lists who is erased just now; the data that is replaced knows.
    backed_up.deployment.compose("stop", "registry-worker")
    person = f"/people/{backed_up.erased}"
    backed_up.deployment.client("registry").delete(person).raise_for_status()
    sql = "SELECT 1 FROM pg_database WHERE datname = 'registry' AND NOT datallowconn"
    restore_until(backed_up, lambda: backed_up.deployment.rows("postgres", sql) == [["1"]])
    deployment = backed_up.deployment
    said = deployment.run("deploy/restore", *backed_up.words, "--over-live-data", timeout=600)
    assert said.returncode == 0, said.stdout + said.stderr
    backed_up.is_back()
    assert deployment.get("registry", person)["email"] is None
    left = "SELECT datname FROM pg_database WHERE datname LIKE '%\\_re%'"
    assert deployment.rows("postgres", left) == []


def test_on_a_machine_without_secrets_an_encrypted_backup_brings_them(
    backed_up: BackedUp,
) -> None:
    deployment = backed_up.deployment
    deployment.compose("down", "--volumes")
    deployment.as_root("rm -r /here/deploy/secrets /here/deploy/erasures /here/deploy/.env")
    deployment.forget_clients()
    deployment.configure("--no-check")  # as on a new machine; then its secrets are lost again
    deployment.as_root("rm -r /here/deploy/secrets")
    said = deployment.run("deploy/restore", *backed_up.words, timeout=600)
    assert said.returncode == 0, said.stdout + said.stderr
    assert deployment.token == backed_up.token
    assert "is another than" not in said.stdout
    backed_up.is_back()
