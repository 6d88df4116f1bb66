"""Everything is destroyed and put back from a backup: all is there, nothing is said twice."""

import hashlib
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.settings import SERVICES
from tests.deploy.deployment import Deployment
from tests.deploy.test_walk import community_with_convener, day, made, meeting
from tests.e2e.platform import write_list
from tests.mail_servers import Mailbox
from tests.servers import await_that

pytestmark = pytest.mark.timeout(900)
LISTED = 40


@dataclass
class Follower:
    """Somebody outside, who reads the registry's feed and remembers where they are."""

    deployment: Deployment
    cursor: str = ""
    epochs: list[str] = field(default_factory=list)

    def read(self) -> list[str]:
        """The subjects of what is new; why epochs were raised goes to `epochs`."""
        found: list[str] = []
        while True:
            url = f"http://127.0.0.1:{self.deployment.ports['registry']}/events"
            asked = {"limit": 500} | ({"after": self.cursor} if self.cursor else {})
            page = httpx.get(url, params=asked, trust_env=False).json()
            self.cursor = page["next"]
            if not page["events"]:
                return found
            for event in page["events"]:
                if event["type"] == "registry.platform.epoch-raised":
                    self.epochs.append(event["data"]["reason"])
                else:
                    found.append(event["subject"])


@dataclass
class Before:
    """What there was when the backup was taken, and what has happened since."""

    backups: Path
    shown: dict[str, Any]
    follower: Follower
    erased: str
    lost: str
    mails: int


def shown(deployment: Deployment) -> dict[str, Any]:
    """What people and programmes see of the deployment."""
    listed = deployment.get("registry", "/communities", limit=200)["items"]
    stroke = deployment.get("discovery", "/search", q="stroke")["items"]
    related = deployment.get("discovery", f"/communities/{stroke[0]['id']}/related")["items"]
    counted = "SELECT count(*), coalesce(md5(string_agg(event_id, '' ORDER BY event_id)), '') FROM"
    return {
        "communities": sorted(listed, key=lambda community: community["id"]),
        "cohorts": deployment.get("scheduling", "/cohorts")["items"],
        "sessions": deployment.get("scheduling", "/sessions")["items"],
        "deliveries": deployment.get("notifications", "/deliveries", limit=200)["items"],
        "found": [(item["id"], item["score"]) for item in stroke],
        "related": [(item["id"], item["score"]) for item in related],
        **{s: deployment.rows(s, f"{counted} events WHERE epoch = 1") for s in SERVICES},
    }


def backup(deployment: Deployment, *words: str) -> subprocess.CompletedProcess[str]:
    return deployment.run("deploy/backup", *words)


def restore(deployment: Deployment, *words: str) -> subprocess.CompletedProcess[str]:
    return deployment.run("deploy/restore", *words, timeout=600)


@pytest.fixture(scope="module")
def before(
    deployment: Deployment, mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory
) -> Before:
    folder = tmp_path_factory.mktemp("restore")
    write_list(folder / "list.jsonl", LISTED)
    done = deployment.hedgerow("import", "list.jsonl", cwd=folder)
    assert done.returncode == 0, done.stderr
    _plan(deployment)
    registry = deployment.client("registry")
    erased = made(registry.post("/people", json={"name": "Eve", "email": "eve@example.org"}))
    community = community_with_convener(deployment, "cai@example.org")
    session = meeting(deployment, community, days=50)
    deployment.await_well()
    _move(deployment, session, days=51)
    await_that(lambda: mailbox.to("cai@example.org"), 60)
    deployment.await_well()
    follower = Follower(deployment)
    follower.read()
    found = shown(deployment)
    said = backup(deployment, str(folder / "backups"))
    assert said.returncode == 0, said.stdout + said.stderr

    # What happens afterwards is lost, but not for those who have seen it.
    lost = made(registry.post("/communities", json={"name": "Lost", "domain": "Lost"}))
    registry.delete(f"/people/{erased}").raise_for_status()
    _move(deployment, session, days=52)
    deployment.await_well()
    await_that(lambda: len(mailbox.to("cai@example.org")) > 1, 60)
    assert lost in follower.read()
    erasures = deployment.folder / "deploy/erasures/erased"
    await_that(lambda: erased in erasures.read_text())
    return Before(folder / "backups", found, follower, erased, lost, len(mailbox.arrived))


def _plan(deployment: Deployment) -> None:
    scheduling = deployment.client("scheduling")
    programme = made(scheduling.post("/programmes", json={"template": "cop-leadership"}))
    plan = scheduling.post(f"/programmes/{programme}/plan", json={"first_module": "2027-01-18"})
    sessions = [{k: v for k, v in s.items() if v is not None} for s in plan.json()["sessions"]]
    cohort = {"programme": programme, "name": "Cohort 1", "zone": "Europe/London", "places": 20}
    body = cohort | {"applications_close": "2026-12-18", "sessions": sessions}
    made(scheduling.post("/cohorts", json=body))


def _move(deployment: Deployment, session: str, days: int) -> None:
    moved = deployment.client("scheduling").patch(
        f"/sessions/{session}", json={"date": day(days)}, headers={"If-Match": "*"}
    )
    assert moved.status_code == 200, moved.text


def test_a_backup_is_tried_in_throw_away_databases(deployment: Deployment, before: Before) -> None:
    said = backup(deployment, "--check", str(before.backups))
    assert said.returncode == 0, said.stdout + said.stderr
    assert "can be restored" in said.stdout
    names = deployment.rows("postgres", "SELECT datname FROM pg_database")
    assert not [name for (name,) in names if "checking" in name]


def test_nothing_is_restored_over_live_data_unasked(deployment: Deployment, before: Before) -> None:
    said = restore(deployment, str(before.backups))
    assert said.returncode == 1
    assert "--over-live-data" in said.stderr
    assert deployment.client("registry").get(f"/communities/{before.lost}").status_code == 200


@pytest.mark.parametrize("spoil", ["manifest", "registry.dump", "cut off"])
def test_half_a_backup_is_refused(
    deployment: Deployment, before: Before, tmp_path: Path, spoil: str
) -> None:
    (whole,) = before.backups.glob("hedgerow-*")
    half = Path(shutil.copytree(whole, tmp_path / "half"))
    if spoil == "cut off":
        text = (half / "manifest").read_text()
        (half / "manifest").write_text(text[: len(text) // 2])
    else:
        (half / spoil).unlink()
    said = restore(deployment, str(half))
    assert said.returncode == 1
    assert "half a backup" in said.stderr.lower() or "never finished" in said.stderr
    assert "Nothing was changed" in said.stderr


def test_a_backup_of_a_newer_version_is_refused(
    deployment: Deployment, before: Before, tmp_path: Path
) -> None:
    (whole,) = before.backups.glob("hedgerow-*")
    newer = Path(shutil.copytree(whole, tmp_path / "newer"))
    lines = (newer / "manifest").read_text().splitlines(keepends=True)[:-1]
    text = "".join("version 99.0.0\n" if x.startswith("version ") else x for x in lines)
    end = f"end {hashlib.sha256(text.encode()).hexdigest()}\n"
    (newer / "manifest").write_text(text + end)
    said = restore(deployment, str(newer), "--over-live-data")
    assert said.returncode == 1
    assert "It was taken of version 99.0.0" in said.stderr
    assert "Nothing was changed" in said.stderr


def test_an_encrypted_backup_asks_for_its_key_and_the_oldest_are_deleted(
    deployment: Deployment, tmp_path: Path
) -> None:
    key, wrong, folder = tmp_path / "key", tmp_path / "wrong", tmp_path / "closed"
    key.write_text("a long sentence that nobody guesses")
    wrong.write_text("another sentence")
    for name in ("hedgerow-2025-01-01T00-00-00Z", "hedgerow-2025-01-02T00-00-00Z"):
        (folder / name).mkdir(parents=True)
    said = backup(deployment, str(folder), "--key", str(key), "--keep", "2")
    assert said.returncode == 0, said.stdout + said.stderr
    left = sorted(each.name for each in folder.iterdir())
    assert left[0] == "hedgerow-2025-01-02T00-00-00Z"
    assert len(left) == 2
    assert not next((folder / left[1]).glob("*.dump")).read_bytes().startswith(b"PGDMP")
    without = restore(deployment, str(folder))
    assert "--key FILE" in without.stderr
    mistaken = restore(deployment, str(folder), "--key", str(wrong))
    assert "The key is not the one" in mistaken.stderr
    assert without.returncode == mistaken.returncode == 1
    assert backup(deployment, "--check", str(folder), "--key", str(key)).returncode == 0


def test_all_is_there_again_after_everything_was_destroyed(
    deployment: Deployment, before: Before, mailbox: Mailbox
) -> None:
    deployment.compose("down", "--volumes")
    said = restore(deployment, str(before.backups))
    assert said.returncode == 0, said.stdout + said.stderr + deployment.logs()
    assert "All is well." in said.stdout
    assert shown(deployment) == before.shown
    assert deployment.client("registry").get(f"/communities/{before.lost}").status_code == 404


def test_who_was_erased_since_stays_erased_everywhere(
    deployment: Deployment, before: Before
) -> None:
    person = deployment.get("registry", f"/people/{before.erased}")
    assert person["email"] is None
    assert deployment.get("registry", f"/people/{before.erased}/erasure")["complete"]


def test_a_follower_goes_on_from_the_cursor_that_they_kept(
    deployment: Deployment, before: Before
) -> None:
    assert before.follower.read() == []
    assert before.follower.epochs == ["restored"]
    registry = deployment.client("registry")
    new = made(registry.post("/communities", json={"name": "New", "domain": "New"}))
    assert before.follower.read() == [new]


def test_no_message_comes_a_second_time_and_new_ones_come(
    deployment: Deployment, before: Before, mailbox: Mailbox
) -> None:
    deployment.await_well()
    assert len(mailbox.arrived) == before.mails
    session = deployment.get("scheduling", "/sessions", limit=200)["items"]
    (ours,) = [s["id"] for s in session if s["date"] == day(51)]
    _move(deployment, ours, days=53)
    await_that(lambda: len(mailbox.arrived) > before.mails, 60)
    ids = [message["Message-ID"] for message in mailbox.arrived]
    assert len(ids) == len(set(ids))
