"""A server as a child process of the tests."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil

# Ends the server and removes its folder when the tests' process dies without doing so: the
# guard's standard input is a pipe that nothing is written to, and that closes with its writer.
GUARD = 'cat >/dev/null; kill -9 "$0"; sleep 1; rm -rf "$1"'


class ServerProcess:
    """Runs `command` (a list) with `folder` as its own, to be removed with it; logs go there.

    `user` is the numeric user and group to run as, None for the present one.
    """

    def __init__(
        self,
        command: list[str],
        folder: Path,
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        user: tuple[int, int] | None = None,
    ) -> None:
        self._command = command
        self._folder = folder
        self._log = folder / "server.log"
        self._stop_signal = stop_signal
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self.running else None

    def start(self) -> None:
        if self.running:
            return
        self._dismiss_guard()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is for the tests, who then stop it in order
                **as_user(self._user),
            )
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, str(self._process.pid), str(self._folder)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop(self) -> None:
        if self._process and self.running:
            self._process.send_signal(self._stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
        self.kill()

    def kill(self) -> None:
        if self._process and self.running:
            children = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()  # first, so that it can't mend what it sees its children do
            for child in children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            self._process.wait()
            while any(lives(child) for child in children):
                time.sleep(0.01)
        self._dismiss_guard()

    def discard(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]

    def _dismiss_guard(self) -> None:
        if self._guard and self._guard.stdin:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()
            self._guard = None


def lives(process: psutil.Process) -> bool:
    """Whether it still holds anything: one that nobody has waited for yet does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def as_user(user: tuple[int, int] | None) -> dict[str, Any]:
    """The arguments of `subprocess` that run a program as that (user, group)."""
    if user is None:
        return {}
    return {"user": user[0], "group": user[1], "extra_groups": []}


def run(command: list[str], user: tuple[int, int] | None = None) -> None:
    """Runs a program to its end; RuntimeError with what it printed where it fails."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=os.sep,
        text=True,
        check=False,
        **as_user(user),
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}):\n{done.stdout[-4000:]}")
