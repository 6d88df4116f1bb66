"""What a worker says of itself in its service's database, so that status need not guess.

A loop that fails is there until it does a round again; a worker that dies, hangs, or whose database
takes no writes stops giving signs of life. What the worker cannot write, its log still says.
"""

import threading
from datetime import timedelta

from shared.clock import Clock, rfc3339
from shared.database import Database, mark, marks

_BETWEEN_SIGNS = timedelta(seconds=20)
_BETWEEN_REPORTS = timedelta(seconds=5)
_KEPT = timedelta(days=1)  # of workers that are there no more
_LONGEST_ERROR = 500


class Signs:
    """For all threads of one worker."""

    def __init__(self, database: Database, clock: Clock, worker: str) -> None:
        self._database, self._clock, self._worker = database, clock, worker
        self._failing: dict[str, tuple[str, str]] = {}  # by loop: the error, and when it was said
        self._next_sign = ""
        self._lock = threading.Lock()

    def begin(self) -> None:
        """What the process before this one said is over. Raises what the database raises."""
        with self._database.write() as connection:
            sql = f"DELETE FROM loop_failures WHERE worker = {mark(connection)}"
            connection.exec_driver_sql(sql, (self._worker,))

    def alive(self) -> None:
        """All loops do their rounds. Raises what the database raises."""
        now = self._clock.now()
        if rfc3339(now) < self._next_sign:
            return
        with self._database.write() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO worker_signs (worker, seen_at) VALUES ({marks(connection, 2)})"
                " ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at",
                (self._worker, rfc3339(now)),
            )
            p, old = mark(connection), (rfc3339(now - _KEPT),)
            connection.exec_driver_sql(f"DELETE FROM worker_signs WHERE seen_at < {p}", old)
            connection.exec_driver_sql(f"DELETE FROM loop_failures WHERE at < {p}", old)
        self._next_sign = rfc3339(now + _BETWEEN_SIGNS)

    def failed(self, loop: str, error: str) -> None:
        """A round of a loop failed. Raises what the database raises."""
        now, error = self._clock.now(), error[:_LONGEST_ERROR]
        said = self._failing.get(loop)
        if said is not None and said[0] == error and rfc3339(now - _BETWEEN_REPORTS) < said[1]:
            return
        at = rfc3339(now)
        with self._lock:
            self._failing.setdefault(loop, ("", ""))  # there may be a row, whatever comes
        with self._database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO loop_failures (worker, loop, since, at, error)"
                f" VALUES ({marks(connection, 5)}) ON CONFLICT (worker, loop)"
                " DO UPDATE SET at = excluded.at, error = excluded.error",
                (self._worker, loop, at, at, error),
            )
        with self._lock:
            self._failing[loop] = error, at

    def went_well(self, loop: str) -> None:
        """A round of a loop was done. Raises what the database raises."""
        if loop not in self._failing:
            return
        with self._database.write() as connection:
            p = mark(connection)
            connection.exec_driver_sql(
                f"DELETE FROM loop_failures WHERE worker = {p} AND loop = {p}",
                (self._worker, loop),
            )
        with self._lock:
            self._failing.pop(loop, None)
