"""Earlier releases, as git has them: what is upgraded from."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
_RELEASE = re.compile(r"([0-9a-f]{40}) Release (\d+\.\d+\.\d+)\b")


class Release(NamedTuple):
    commit: str
    version: str

    def unpack(self, folder: Path) -> Path:
        """Its source, in a folder that is made for it."""
        folder.mkdir(parents=True)
        archive = subprocess.run(
            ["git", "archive", self.commit], cwd=ROOT, capture_output=True, check=True
        )
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
        return folder


def releases(folder: Path = ROOT) -> list[Release]:
    """The commits that made a release, newest first; where HEAD is one itself, those before it."""
    log = git("log", "--format=%H %s", "--grep=^Release [0-9]", "HEAD~1", folder=folder)
    found = (_RELEASE.match(line) for line in log.splitlines())
    return [Release(*match.groups()) for match in found if match]


def last_release() -> Release:
    """What is upgraded from."""
    assert releases(), _MISSING
    return releases()[0]


def release(version: str) -> Release:
    found = [each for each in releases() if each.version == version]
    assert found, _MISSING
    return found[0]


_MISSING = "no commit `Release VERSION` is here: fetch the whole history"


def git(*words: str, folder: Path = ROOT) -> str:
    said = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return said.stdout
