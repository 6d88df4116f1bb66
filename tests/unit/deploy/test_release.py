"""deploy/release: what it changes, what it refuses, and what the upgrade's test then finds."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.releases import releases

ROOT = Path(__file__).parents[3]
NOTES = """# Changes

## Not released yet

### For operators
- Something.

## 0.1.0, 1 May 2026
- All.
"""
DIGEST = "sha256:" + "0a" * 32


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with what a release changes, and a release before."""
    folder = tmp_path / "project"
    (folder / "deploy").mkdir(parents=True)
    shutil.copy2(ROOT / "deploy/release", folder / "deploy/release")
    shutil.copy2(ROOT / "deploy/base-images", folder / "deploy/base-images")
    (folder / "pyproject.toml").write_text('[project]\nversion = "0.2.0.dev0"\n')
    (folder / "CHANGELOG.md").write_text(NOTES)
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "Release 0.1.0: the first")
    (folder / "new").write_text("x")
    commit(folder, "Add something\n\nRelease 9.9.9 is far off")
    return folder


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    command = ["git", *who, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def commit(folder: Path, subject: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", subject)


def release(
    folder: Path, *words: str, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {
        **{f"GIT_{who}_NAME": "A" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "a@example.org" for who in ("AUTHOR", "COMMITTER")},
        **({"PATH": f"{path}:{os.environ['PATH']}"} if path else {}),
    }
    command = [str(folder / "deploy/release"), *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def registry(folder: Path, answer: str) -> Path:
    """A folder with a `docker` that answers so whatever it is asked."""
    folder.mkdir()
    (folder / "docker").write_text(f"#!/bin/sh\n{answer}\n")
    (folder / "docker").chmod(0o755)
    return folder


def test_a_release_is_one_commit_with_version_date_and_digests(project: Path, tmp_path: Path):
    path = registry(tmp_path / "bin", f"echo {DIGEST}")
    done = release(project, "0.2.0", "--date", "2026-12-01", path=path)
    assert done.returncode == 0, done.stderr
    assert git(project, "log", "-1", "--format=%s") == "Release 0.2.0\n"
    assert git(project, "status", "--porcelain") == ""
    assert (project / "pyproject.toml").read_text() == '[project]\nversion = "0.2.0"\n'
    changes = (project / "CHANGELOG.md").read_text()
    heading = "## Not released yet\n\n## 0.2.0, 1 December 2026\n\n### For operators"
    assert changes == NOTES.replace("## Not released yet\n\n### For operators", heading)
    images = (project / "deploy/base-images").read_text()
    assert images.startswith("#")
    for image in ("PYTHON_IMAGE='python:3.13-slim", "POSTGRES_IMAGE='postgres:17"):
        assert f"HEDGEROW_{image}@{DIGEST}'\n" in images


def test_digests_are_of_the_day_at_the_next_release(project: Path, tmp_path: Path):
    first, second = DIGEST, DIGEST.replace("0a", "b1")
    assert release(project, "0.2.0", path=registry(tmp_path / "1", f"echo {first}")).returncode == 0
    with (project / "CHANGELOG.md").open() as file:
        changes = file.read()
    (project / "CHANGELOG.md").write_text(
        changes.replace("released yet\n", "released yet\n- More.\n")
    )
    commit(project, "Add more")
    done = release(project, "0.10.0", path=registry(tmp_path / "2", f"echo {second}"))
    assert done.returncode == 0, done.stderr
    images = (project / "deploy/base-images").read_text()
    assert images.count(second) == 3
    assert first not in images


def test_without_digests_the_names_stay(project: Path):
    before = (project / "deploy/base-images").read_text()
    assert release(project, "0.2.0", "--without-digests").returncode == 0
    assert (project / "deploy/base-images").read_text() == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "say the version"),
        (["0.2"], "say the version"),
        (["v0.2.0"], "say the version"),
        (["0.1.0"], "does not come after 0.1.0"),
        (["0.0.9"], "does not come after 0.1.0"),
        (["0.2.0", "0.3.0"], "one version"),
        (["0.2.0", "--date", "soon"], "is no day"),
        (["0.2.0"], "the digest of python:3.13-slim cannot be had: no such host"),
    ],
)
def test_what_cannot_be_released_changes_nothing(
    project: Path, tmp_path: Path, words: list[str], why: str
):
    before = git(project, "rev-parse", "HEAD")
    path = registry(tmp_path / "bin", "echo no such host >&2; exit 1")
    done = release(project, *words, path=path)
    assert done.returncode == 2
    assert why in done.stderr
    assert git(project, "rev-parse", "HEAD") == before
    assert git(project, "status", "--porcelain") == ""


def test_nothing_is_released_with_changes_lying_about_or_with_nothing_new(project: Path):
    (project / "stray").write_text("x")
    assert "not committed" in release(project, "0.2.0", "--without-digests").stderr
    commit(project, "Add a stray file")
    assert release(project, "0.2.0", "--without-digests").returncode == 0
    assert "nothing of what is new" in release(project, "0.3.0", "--without-digests").stderr


def test_an_upgrade_begins_at_the_last_release_before_the_present_commit(project: Path):
    assert [found.version for found in releases(project)] == ["0.1.0"]
    assert release(project, "0.2.0", "--without-digests").returncode == 0
    assert [found.version for found in releases(project)] == ["0.1.0"]  # HEAD is one itself
    (project / "later").write_text("x")
    commit(project, "Add what comes later")
    assert [found.version for found in releases(project)] == ["0.2.0", "0.1.0"]
    assert releases(project)[0].commit == git(project, "rev-parse", "HEAD~1").strip()
