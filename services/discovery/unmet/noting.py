"""Notes searches that found nothing, behind the answers: nobody waits for it, and it is bounded."""

import queue
import threading
import time
from datetime import datetime
from typing import NamedTuple

import structlog

from services.discovery.unmet import askers, store
from services.discovery.unmet.store import Search
from shared.clock import Clock
from shared.database import Database

log = structlog.get_logger()
_WAITING = 100  # searches; what comes while so many wait is let go
_AN_HOUR = 30  # that one address may have noted
_ADDRESSES = 10_000


class Asked(NamedTuple):
    search: Search
    address: str


class Noting:
    """`note` returns at once; one thread writes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._waiting: queue.Queue[Asked] = queue.Queue(_WAITING)
        self._hour: datetime | None = None
        self._counts: dict[str, int] = {}

    def start(self) -> None:
        """Write in a thread of its own, for the life of the process."""
        threading.Thread(target=self._run, name="unmet searches", daemon=True).start()

    def note(self, asked: Asked) -> bool:
        """Take up a search that found nothing; whether it will be written."""
        if not store.is_fit(asked.search.text) or not self._allowed(asked.address):
            return False
        try:
            self._waiting.put_nowait(asked)
        except queue.Full:
            return False
        return True

    def write(self) -> None:
        """Write all that waits."""
        while True:
            try:
                asked = self._waiting.get_nowait()
            except queue.Empty:
                return
            self._write(asked)

    def _run(self) -> None:
        while True:
            asked = self._waiting.get()
            try:
                self._write(asked)
            except Exception as error:  # noqa: BLE001 - it is one search of many, and let go
                log.warning("a search that found nothing is not noted", why=type(error).__name__)
                time.sleep(1)

    def _write(self, asked: Asked) -> None:
        now = self._clock.now()
        with self._database.write() as connection:
            salt = askers.present_salt(connection, now)
            who = salt.asker(asked.address)
            store.keep(connection, asked.search, who, salt, now)

    def _allowed(self, address: str) -> bool:
        """Who hammers fills no table: so many an hour from one address, in memory alone."""
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        if hour != self._hour or len(self._counts) >= _ADDRESSES:
            self._hour, self._counts = hour, {}
        self._counts[address] = self._counts.get(address, 0) + 1
        return self._counts[address] <= _AN_HOUR
