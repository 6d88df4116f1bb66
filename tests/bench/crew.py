"""Processes that all do one thing again and again for a few seconds, begun at the same moment."""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

Act = Callable[[], object]
_SPAWN = multiprocessing.get_context("spawn")  # drivers and clients do not live through a fork
_LEAD_SECONDS = 0.1


class Crew:
    """`count` processes; each makes its own act, by `make(number, *arguments)`, and waits."""

    def __init__(self, count: int, make: Callable[..., Act], *arguments: Any) -> None:
        self._crew = []
        for number in range(count):
            ours, theirs = _SPAWN.Pipe()
            process = _SPAWN.Process(target=_work, args=(theirs, make, number, *arguments), daemon=True)
            process.start()
            self._crew.append((process, ours))

    def __enter__(self) -> "Crew":
        for _, pipe in self._crew:
            pipe.recv()  # it is ready, and has done its act once
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
        begin = time.monotonic() + _LEAD_SECONDS
        for _, pipe in self._crew:
            pipe.send((begin, begin + seconds, None))
        return sum(count / spent for count, spent in (pipe.recv() for _, pipe in self._crew))

    def start(self, acts: int) -> None:
        """Have each act so many times; `wait` returns when all have."""
        begin = time.monotonic() + _LEAD_SECONDS
        for _, pipe in self._crew:
            pipe.send((begin, None, acts))

    def wait(self) -> None:
        for _, pipe in self._crew:
            pipe.recv()


def _work(pipe: Connection, make: Callable[..., Act], number: int, *arguments: Any) -> None:
    act = make(number, *arguments)
    act()
    pipe.send("ready")
    while True:
        try:
            begin, end, acts = pipe.recv()
        except EOFError:
            return
        time.sleep(max(0.0, begin - time.monotonic()))
        count = 0
        while (acts is None or count < acts) and (end is None or time.monotonic() < end):
            act()
            count += 1
        pipe.send((count, time.monotonic() - begin))
