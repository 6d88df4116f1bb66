"""The loops of a worker process: each a step called again and again, through all trouble."""

import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

from shared.stream.source import SourceUnavailable
from shared.worker.lease import Lease
from shared.worker.pulse import BETWEEN_BEATS, Pulse
from shared.worker.signs import Signs

log = structlog.get_logger()
_LONGEST_STOP = 7.0  # seconds; what takes longer is cut off, and done again at the next start
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True)
class Loop:
    """`step` returns whether there was work; where not, the next one waits `idle` seconds.

    With a `lease`, only the process that holds it works. `on_error` is told what went wrong. A step
    of a `long` one may take any time, and the process's pulse says nothing of it. `hurry` is called
    when it is time to stop: the step in hand is to end soon.
    """

    name: str
    step: Callable[[], bool]
    idle: float
    lease: Lease | None = None
    on_error: Callable[[str], None] | None = None
    long: bool = False
    hurry: Callable[[], None] | None = None

    def run(
        self,
        stop: threading.Event,
        went_round: Callable[[], None] = lambda: None,
        signs: Signs | None = None,
    ) -> None:
        pause = _FIRST_PAUSE
        while not stop.is_set():
            try:
                worked = (self.lease is None or self.lease.held()) and self.step()
            except Exception as error:  # noqa: BLE001 - said below, and tried again
                self._say(error, signs)
                stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            went_round()
            if signs is not None:
                with suppress(DBAPIError):  # said again after the next round
                    signs.went_well(self.name)
            if not worked:
                stop.wait(self.idle)
        if self.lease is not None:
            self.lease.release()

    def _say(self, error: Exception, signs: Signs | None) -> None:
        """What comes from outside in a line; what is a defect of ours with its traceback."""
        if isinstance(error, SourceUnavailable | DBAPIError):
            why = str(error.orig if isinstance(error, DBAPIError) else error).strip()
            log.warning("waiting", loop=self.name, why=why.splitlines()[0] if why else "")
        else:
            log.exception("a step failed, trying again", loop=self.name)
            why = f"{type(error).__name__}: {error}"
        if signs is not None:
            with suppress(Exception):
                signs.failed(self.name, why)
        if self.on_error is not None:
            with suppress(Exception):  # the database may be what failed: the log has it
                self.on_error(why[:500])


def run_loops(
    loops: list[Loop],
    stop: threading.Event,
    pulse_file: Path | None = None,
    signs: Signs | None = None,
) -> None:
    """Run all until `stop` is set, then wait for the steps in hand."""
    pulse = Pulse(pulse_file, sum(not loop.long for loop in loops))
    numbers = itertools.count()
    threads = [
        threading.Thread(
            target=loop.run,
            kwargs={"stop": stop, "signs": signs}
            | ({} if loop.long else {"went_round": partial(pulse.round, next(numbers))}),
            name=loop.name,
            daemon=True,
        )
        for loop in loops
    ]
    for thread in threads:
        thread.start()
    while not stop.wait(BETWEEN_BEATS):
        pulse.beat()
        if signs is not None and pulse.is_well():
            with suppress(DBAPIError):  # whoever looks for the sign sees that it does not come
                signs.alive()
    for loop in loops:
        if loop.hurry is not None:
            loop.hurry()
    deadline = time.monotonic() + _LONGEST_STOP
    for thread in threads:
        thread.join(timeout=max(0.0, deadline - time.monotonic()))
