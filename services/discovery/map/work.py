"""The worker's part: sees what changed, and has the map drawn anew, not more often than is good."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from services.discovery.map.errand import Drawn, Errand
from services.discovery.map.store import read_signature, signature
from shared.clock import Clock, rfc3339
from shared.database import Database

log = structlog.get_logger()
# From the beginning of one drawing to that of the next: as long again as it took, within bounds.
_LEAST_SECONDS, _MOST_SECONDS = 15.0, 30.0
_PATIENCE = 4  # times as long, where only vectors have come
# Of the library that multiplies: the other processors are others', and sums come out the same.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
_MOST_TOLD = 400  # characters of what a process says in its trouble


class DrawingFailed(Exception):
    """The process that draws ended badly: what it said last."""


class Drawing:
    """Only one process of a service's replicas does so at a time: see its lease."""

    def __init__(self, database: Database, model: Path | None, clock: Clock) -> None:
        self._database, self._model, self._clock = database, model, clock
        self._next = self._next_for_vectors = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False

    def step(self) -> bool:
        """Draw the map anew where something has changed and it is time; whether it was drawn."""
        started = time.monotonic()
        if started < self._next or not self._changed(started):
            return False
        drawn = self._draw()
        took = time.monotonic() - started
        pause = max(min(max(_LEAST_SECONDS, 2 * took), _MOST_SECONDS), took)
        self._next, self._next_for_vectors = started + pause, started + _PATIENCE * pause
        if drawn:
            log.info("the map is drawn", **msgspec.to_builtins(drawn))
        return True

    def stop(self) -> None:
        """From another thread: what is being drawn is given up, and drawn at the next start."""
        self._stopping = True
        if self._process is not None:
            self._process.terminate()

    def _changed(self, now: float) -> bool:
        with self._database.read() as connection:
            there, shown = signature(connection), read_signature(connection)
        if shown is None or there.urgent(shown):
            return True
        return there != shown and now >= self._next_for_vectors

    def _draw(self) -> Drawn | None:
        """Let a process of its own draw; the database's address is on no command line."""
        model = str(self._model) if self._model else None
        errand = Errand(self._database.url, model, rfc3339(self._clock.now()))
        with (
            tempfile.TemporaryFile() as trouble,
            subprocess.Popen(
                [sys.executable, "-m", "services.discovery.map.process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=trouble,
                env=os.environ | _ONE_THREAD,
                bufsize=0,  # what could not be written is not tried again when it is closed
            ) as process,
        ):
            self._process = process
            if process.stdin is None or process.stdout is None:
                raise AssertionError("both were asked for")
            with suppress(BrokenPipeError):  # then it has said why
                process.stdin.write(msgspec.json.encode(errand) + b"\n")
                # It stays open: the process ends with this one.
            said = process.stdout.read()
            if process.wait() and not self._stopping:
                trouble.seek(0)
                last = trouble.read().decode(errors="replace").strip()[-_MOST_TOLD:]
                raise DrawingFailed(f"the map could not be drawn: {last}")
        return msgspec.json.decode(said, type=Drawn) if said else None
