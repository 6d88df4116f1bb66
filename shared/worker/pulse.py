"""A sign of a worker's life for whoever watches its container: a file that it touches.

It is touched only while every loop does its rounds. A loop that fails at each round (no database,
no broker), or that hangs in one, lets the file grow old; a process that lives is not enough.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

BETWEEN_BEATS = 5.0
"""Seconds from one touch to the next."""


class Pulse:
    """`path` None is no file. A loop is well for `patience` seconds after each of its rounds.

    There is no file until every loop has been round once, so that the first sign means something.
    """

    def __init__(
        self,
        path: Path | None,
        loops: int,
        patience: float = 150.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._patience, self._clock = path, patience, clock
        self._rounds: list[float | None] = [None] * loops
        self._lock = threading.Lock()
        if path is not None:
            path.unlink(missing_ok=True)

    def round(self, loop: int) -> None:
        """The loop of that number has done a round; if it was the last to do its first, tell."""
        first = self._rounds[loop] is None
        self._rounds[loop] = self._clock()
        if first:
            self.beat()

    def beat(self) -> None:
        """Touch the file if all is well."""
        if self._path is None:
            return
        with self._lock:
            if self.is_well():
                self._path.touch()

    def is_well(self) -> bool:
        """Whether every loop has done a round lately."""
        now = self._clock()
        return all(at is not None and now - at <= self._patience for at in self._rounds)
