"""Processes that are kept running: started, listened to, started again, stopped together.

All of them are in one process group that is not the terminal's, so that Ctrl-C reaches them
through us alone. The group's leader does nothing but wait until the pipe from us closes, which it
does however we end, and then kills the group: nothing outlives us and holds on to a port.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Literal

LEADER = ["sh", "-c", 'trap "" HUP INT TERM; read _; kill -KILL 0']
LONGEST_LINE = 65536  # bytes; longer ones are cut in pieces


@dataclass(frozen=True)
class Process:
    """What to run: a name such as `registry web`, a command, and when to start it again.

    `withheld` are beginnings of settings that it is not told.
    """

    name: str
    command: Sequence[str]
    again: Literal["always", "when it failed", "never"] = "always"
    withheld: tuple[str, ...] = ()

    def once(self) -> "Process":
        return replace(self, again="never")

    def until_done(self) -> "Process":
        return replace(self, again="when it failed")


class Backoff:
    """How long to wait before a process is started again: longer each time that it dies young.

    Seconds: from `first`, doubled up to `most`; `first` again once it has lived for `settled`.
    """

    def __init__(self, first: float = 0.5, most: float = 30.0, settled: float = 30.0) -> None:
        self._first, self._most, self._settled = first, most, settled
        self._next = first

    def after(self, lived: float) -> float:
        """Seconds to wait after a process that lived for `lived` seconds."""
        wait = self._first if lived >= self._settled else self._next
        self._next = min(wait * 2, self._most)
        return wait


@dataclass
class Child:
    """A process over its successive lives."""

    process: Process
    backoff: Backoff
    running: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float | None = None
    code: int | None = None
    """How the last life ended, as `Popen.returncode`."""


@dataclass
class Output:
    """The pipe from one life of a process; what it forked may hold it open for longer."""

    name: str
    pipe: IO[bytes]
    partial: bytearray = field(default_factory=bytearray)


class Supervisor:
    """Runs processes; use as a context manager, at whose end none of them is left.

    Nothing happens but in `turn`, which one thread calls again and again. Each line of output goes
    to `on_line(name, text)`, each word of the supervisor's own to `log(text)`.
    """

    def __init__(
        self,
        on_line: Callable[[str, str], None],
        log: Callable[[str], None],
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self._on_line, self._log, self._backoff = on_line, log, backoff
        self._children: dict[str, Child] = {}
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> "Supervisor":
        self._leader = subprocess.Popen(
            LEADER, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, process_group=0
        )
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._leader.pid, signal.SIGKILL)
        self._leader.communicate()
        for child in self._children.values():
            if child.running is not None:
                child.running.wait()
        for key in list(self._selector.get_map().values()):
            self._close(key.data)
        self._selector.close()

    def start(self, processes: Sequence[Process], environ: Mapping[str, str]) -> None:
        """Start these; their names are not those of processes still running."""
        self._environ = dict(environ)
        for process in processes:
            child = Child(process, self._backoff())
            self._children[process.name] = child
            self._start(child)

    @property
    def running(self) -> dict[str, int]:
        """The process id of each that runs now."""
        return {
            name: child.running.pid
            for name, child in self._children.items()
            if child.running is not None
        }

    def code(self, name: str) -> int | None:
        """How the last life of `name` ended: its exit code, or minus the signal's number."""
        return self._children[name].code

    def turn(self, timeout: float = 0.25) -> None:
        """Wait for something to happen, `timeout` seconds at most, and do what it asks for."""
        now = time.monotonic()
        due = [c.start_at - now for c in self._children.values() if c.start_at is not None]
        for key, _ in self._selector.select(max(0.0, min([timeout, *due]))):
            self._read(key.data)
        for child in self._children.values():
            if child.running is not None and child.running.poll() is not None:
                self._ended(child)
            if child.start_at is not None and time.monotonic() >= child.start_at:
                self._start(child)

    def stop(self, within: float, hurry: Callable[[], bool] = lambda: False) -> list[str]:
        """Ask all to end, and kill those that have not `within` seconds or once `hurry()` says so.

        Returns the names of the killed.
        """
        for child in self._children.values():
            child.start_at = None
            child.process = child.process.once()
            if child.running is not None:
                child.running.terminate()
        until = time.monotonic() + within
        while self.running and time.monotonic() < until and not hurry():
            self.turn(0.1)
        left = list(self.running)
        for child in self._children.values():
            if child.running is not None:
                child.running.kill()
                child.running.wait()
                self._ended(child)
        return left

    def _start(self, child: Child) -> None:
        child.start_at, child.started = None, time.monotonic()
        try:
            child.running = subprocess.Popen(
                child.process.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={
                    name: value
                    for name, value in self._environ.items()
                    if not name.startswith(child.process.withheld)
                },
                process_group=self._leader.pid,
            )
        except OSError as error:  # no memory or process left: that may pass
            self._again(child, f"could not be started ({error.strerror})")
            return
        pipe = child.running.stdout
        assert pipe is not None  # noqa: S101
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, selectors.EVENT_READ, Output(child.process.name, pipe))

    def _ended(self, child: Child) -> None:
        assert child.running is not None  # noqa: S101
        child.code = child.running.returncode
        pipe = child.running.stdout
        if pipe is not None and not pipe.closed:
            self._read(self._selector.get_key(pipe).data)  # its last words before ours on its end
        child.running = None
        again = child.process.again
        if again == "always" or (again == "when it failed" and child.code != 0):
            self._again(child, f"ended ({how(child.code)})")

    def _again(self, child: Child, why: str) -> None:
        wait = child.backoff.after(time.monotonic() - child.started)
        child.start_at = time.monotonic() + wait
        self._log(f"{child.process.name} {why}; it is started again in {wait:g} s")

    def _read(self, output: Output) -> None:
        """Pass on the lines that are there, but no flood of them while others wait."""
        for _ in range(16):
            piece = _read_now(output.pipe)
            if piece is None:
                return
            if not piece:
                self._close(output)
                return
            output.partial += piece
            *lines, rest = output.partial.split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines, rest = [*lines, rest], bytearray()
            output.partial = rest
            for line in lines:
                self._on_line(output.name, line.decode(errors="replace").rstrip("\r"))

    def _close(self, output: Output) -> None:
        self._selector.unregister(output.pipe)
        output.pipe.close()
        if output.partial:
            self._on_line(output.name, output.partial.decode(errors="replace"))


def _read_now(pipe: IO[bytes]) -> bytes | None:
    """What is in the pipe; empty at its end, None while there is nothing."""
    try:
        return os.read(pipe.fileno(), LONGEST_LINE)
    except BlockingIOError:
        return None


def how(code: int) -> str:
    """How a process ended, in words."""
    return f"exit code {code}" if code >= 0 else f"by signal {signal.Signals(-code).name}"
