"""Processes that all do one thing again and again, begun at the same moment."""

import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

Act = Callable[[], object]
_SPAWN = multiprocessing.get_context("spawn")  # drivers and clients do not live through a fork
_LEAD_SECONDS = 0.05


class Crew:
    """`count` processes; each makes its own act, by `make(number, *arguments)`, and waits."""

    def __init__(self, count: int, make: Callable[..., Act], *arguments: Any) -> None:
        self._crew = []
        for number in range(count):
            ours, theirs = _SPAWN.Pipe()
            process = _SPAWN.Process(
                target=_work, args=(theirs, make, number, *arguments), daemon=True
            )
            process.start()
            theirs.close()
            self._crew.append((process, ours))

    def __enter__(self) -> "Crew":
        self.wait()  # until each is ready, and has done its act once
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process, pipe in self._crew:
            pipe.close()
            process.join()

    def rate(self, seconds: float) -> float:
        """Acts a second, of all together."""
        self._begin(seconds, None)
        return sum(count / spent for count, spent in self.wait())

    def start(self, acts: int) -> None:
        """Have each act so many times; `wait` returns when all have."""
        self._begin(None, acts)

    def wait(self) -> list[tuple[int, float]]:
        """How often each has acted, and in how many seconds."""
        return [pipe.recv() for _, pipe in self._crew]

    def _begin(self, seconds: float | None, acts: int | None) -> None:
        begin = time.monotonic() + _LEAD_SECONDS
        for _, pipe in self._crew:
            pipe.send((begin, seconds, acts))


def duel(ours: Crew, peer: Crew, *, rounds: int = 7, seconds: float = 0.7) -> tuple[float, float]:
    """The median rates of two crews that take turns, so that both have the same weather."""
    turns = [(ours.rate(seconds), peer.rate(seconds)) for _ in range(rounds)]
    return statistics.median(a for a, _ in turns), statistics.median(b for _, b in turns)


def _work(pipe: Connection, make: Callable[..., Act], number: int, *arguments: Any) -> None:
    act = make(number, *arguments)
    act()
    pipe.send((1, 0.0))
    while True:
        try:
            begin, seconds, acts = pipe.recv()
        except EOFError:
            return
        time.sleep(max(0.0, begin - time.monotonic()))
        count = 0
        while count != acts and (seconds is None or time.monotonic() < begin + seconds):
            act()
            count += 1
        pipe.send((count, time.monotonic() - begin))
