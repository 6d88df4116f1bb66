"""Disks that are full for a while."""

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.platform import Platform


class Disk(Protocol):
    """Where databases are, `folder`; `fill` and `free` change what there is left."""

    folder: Path

    def fill(self, platform: Platform) -> None: ...

    def free(self, platform: Platform) -> None: ...


class SmallDisk:
    """A file system of 16 MB in memory, filled up by a file beside the database."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._ballast = folder, folder / "ballast"

    def fill(self, platform: Platform) -> None:
        block, written = 2**20, 0
        with self._ballast.open("wb", buffering=0) as file:
            while block:
                try:
                    written += file.write(b"\0" * block)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    block //= 2

    def free(self, platform: Platform) -> None:
        self._ballast.unlink()


class LimitedFiles:
    """A limit on the size of the files that the platform's processes may write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, platform: Platform) -> None:
        largest = max(path.stat().st_size for path in self.folder.glob("*.db*"))
        self._limit(platform, largest)

    def free(self, platform: Platform) -> None:
        self._limit(platform, resource.RLIM_INFINITY)

    def _limit(self, platform: Platform, size: int) -> None:
        for role in platform.roles:
            for pid in platform.pids(role):
                limits = (size, resource.RLIM_INFINITY)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk | None]:
    """None where this machine does not let us mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def limited_files(folder: Path) -> Iterator[Disk]:
    folder.mkdir()
    yield LimitedFiles(folder)


DISKS: dict[str, Callable[[Path], object]] = {
    "no space left": small_disk,
    "no larger files": limited_files,
}
