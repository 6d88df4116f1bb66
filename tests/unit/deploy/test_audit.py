"""deploy/audit.py: what is vulnerable, and what could not be looked at, which is no "none"."""

import importlib.util
import io
import json
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

FILE = Path(__file__).parents[3] / "deploy/audit.py"
JARS = "org.apache.kafka:kafka_2.13:jar:4.3.1 0123\nat.yawk.lz4:lz4-java:1.10.2 4567\n"
CLEAN = {"name": "flask", "version": "3.1.0", "vulns": []}
FOUND = CLEAN | {"vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.1"]}]}
SKIPPED = {"name": "flask", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def audit() -> Any:
    spec = importlib.util.spec_from_file_location("audit", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run.lock").write_text("flask==3.1.0 \\\n    --hash=sha256:12\n")
    return tmp_path


def says(report: dict[str, Any] | None) -> Callable[..., SimpleNamespace]:
    """pip-audit, which writes this report, or fails without one."""

    def run(command: list[str], **_: object) -> SimpleNamespace:
        if report is not None:
            Path(command[-1]).write_text(json.dumps(report))
        return SimpleNamespace(stderr="a traceback\nConnectionError: no route to pypi.org\n")

    return run


@pytest.mark.parametrize(
    ("packages", "status", "line"),
    [
        ([CLEAN], 0, "run.lock: no vulnerability is known."),
        ([CLEAN, FOUND], 3, "  flask 3.1.0: PYSEC-1, mended in 3.1.1"),
        ([FOUND, SKIPPED], 2, "run.lock: could not be looked at: 1 packages, as flask: Dependency"),
        ([], 2, "run.lock: could not be looked at: it names nothing"),
    ],
)
def test_a_lock_file_of_packages(
    audit: Any,
    folder: Path,
    packages: list[dict[str, Any]],
    status: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(subprocess, "run", says({"dependencies": packages}))
    assert audit.main(folder) == status
    assert line in capsys.readouterr().out


def test_a_list_of_vulnerabilities_that_does_not_answer(
    audit: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(subprocess, "run", says(None))
    assert audit.main(folder) == 2
    assert "no route to pypi.org" in capsys.readouterr().out


def test_a_folder_without_lock_files_was_not_looked_at(audit: Any, tmp_path: Path):
    assert audit.main(tmp_path) == 2


@pytest.mark.parametrize(
    ("results", "status"),
    [([{}, {}], 0), ([{}, {"vulns": [{"id": "GHSA-1"}]}], 3), ([{}], 2), (None, 2)],
)
def test_a_lock_file_of_jars(
    audit: Any,
    tmp_path: Path,
    results: list[dict[str, Any]] | None,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    (tmp_path / "kafka-jars.lock").write_text(JARS)

    def answer(request: Any, **_: object) -> io.BytesIO:
        asked = json.loads(request.data)["queries"]
        names = ["org.apache.kafka:kafka_2.13", "at.yawk.lz4:lz4-java"]
        assert [query["package"]["name"] for query in asked] == names
        assert [query["version"] for query in asked] == ["4.3.1", "1.10.2"]
        if results is None:
            raise OSError("no route to osv.dev")
        return io.BytesIO(json.dumps({"results": results}).encode())

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    assert audit.main(tmp_path) == status
    assert ("GHSA-1" in capsys.readouterr().out) == (status == 3)


def test_every_lock_file_of_the_project_is_read(audit: Any):
    locks = {lock.name: lock for lock in (FILE.parents[1] / "requirements").glob("*.lock")}
    assert [name for name, lock in locks.items() if audit.is_of_jars(lock)] == ["kafka-jars.lock"]
    for line in locks["kafka-jars.lock"].read_text().splitlines():
        group, name, *_, version = line.split()[0].split(":")
        assert group
        assert name
        assert version[0].isdigit()
