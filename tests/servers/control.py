"""What stops, starts and kills a server, however it runs; and waiting for what a server does."""

import random
import socket
import time
from collections.abc import Callable
from typing import Protocol


class Unavailable(Exception):
    """A server can't be had on this machine; the message says why, and what would help."""


class Control(Protocol):
    """A server's process (or container): always the same port and data, however often started."""

    @property
    def running(self) -> bool: ...

    @property
    def pid(self) -> int | None:
        """The server's main process on this machine, where there is one to be seen."""

    def start(self) -> None:
        """Begins to start it and returns at once; running already, it stays as it is."""

    def stop(self) -> None:
        """Shuts it down in order and waits for the end."""

    def kill(self) -> None:
        """Ends all of its processes with SIGKILL, as a failing machine would."""

    def discard(self) -> None:
        """Ends it for good and removes its data."""

    def log(self) -> str:
        """The last of what it wrote."""


class Server:
    """A server that tests connect to; `control` is None where others started it."""

    def __init__(self, control: Control | None) -> None:
        self._control = control

    @property
    def controllable(self) -> bool:
        """Whether a test may stop, start and kill it."""
        return self._control is not None

    @property
    def pid(self) -> int | None:
        return self._control.pid if self._control else None

    def start(self) -> None:
        """Starts it and returns when it answers; at once where it does already."""
        self._controls.start()
        self.await_ready()

    def stop(self) -> None:
        """Shuts it down in order; `start()` brings it back on the same port with its data."""
        self._controls.stop()

    def kill(self) -> None:
        """Ends it with SIGKILL; `start()` brings it back on the same port with its data."""
        self._controls.kill()

    def discard(self) -> None:
        """Ends it for good and removes its data, where the tests started it."""
        if self._control:
            self._control.discard()

    def answers(self) -> bool:
        raise NotImplementedError

    def await_ready(self, seconds: float = 60) -> None:
        """Returns when it answers; raises RuntimeError with its log where it ended or is late."""
        deadline = time.monotonic() + seconds
        while not self.answers():
            ended = self._control is not None and not self._control.running
            if ended or time.monotonic() > deadline:
                log = self._control.log() if self._control else ""
                state = "ended" if ended else f"did not answer within {seconds:.0f} s"
                raise RuntimeError(f"{self!r} {state}\n{log}")
            time.sleep(0.05)

    @property
    def _controls(self) -> Control:
        if self._control is None:
            raise RuntimeError(f"{self!r} was not started by the tests, so they leave it alone")
        return self._control


def await_that(condition: Callable[[], object], seconds: float = 20) -> None:
    """Returns when the condition holds; raises AssertionError where it is later than that."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds:.0f} s"
        time.sleep(0.05)


_GIVEN: set[int] = set()


def free_port() -> int:
    """A loopback port that is free, and stays so while a server is down between stop and start.

    It is given once by this process.

    It lies below the range from which systems take the ports of outgoing connections: a client
    that tries again and again to reach a stopped server could else be given that very port.
    """
    for _ in range(1000):
        port = random.randrange(15_000, 32_000)
        if port in _GIVEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _GIVEN.add(port)
            return port
    raise RuntimeError("no free port on 127.0.0.1 between 15000 and 32000")
