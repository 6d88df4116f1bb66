"""The list of erasures: who was erased, kept outside databases and backups, as ids alone.

A backup brings back people who were erased after it was taken. With this list they are erased again
before anybody can see them. One line each: the event's cursor, the person's id, the time. When the
file was last changed tells until when it is known to be whole.
"""

import os
from pathlib import Path

from shared.clock import rfc3339
from shared.database import Database
from shared.erasure import ERASED
from shared.eventstore.events import START, Cursor
from shared.eventstore.store import EventStore, Filter

_AT_ONCE = 500
_ERASURES = Filter(types=(ERASED,))


def listed(path: Path | None) -> list[str]:
    """The ids of those in the list, each once. None where there is no list."""
    return list(dict.fromkeys(line.split(" ")[1] for line in _lines(path)))


def _lines(path: Path | None) -> list[str]:
    if path is None or not path.exists():
        return []
    # What follows the last line's end was cut off by a crash, and is written again.
    return [line for line in path.read_text().split("\n")[:-1] if line.count(" ") == 2]


class Listing:
    """Writes the list from a store's events. `step` is called again and again by one thread."""

    def __init__(self, database: Database, store: EventStore, path: Path) -> None:
        self._database, self._store, self._path = database, store, path
        self._after: Cursor | None = None

    def step(self) -> bool:
        """List who was erased since; returns whether anybody was."""
        if self._after is None:
            self._after = self._resume()
        with self._database.read() as connection:
            head = self._store.head(connection)
            events = self._store.read(connection, self._after, _AT_ONCE, _ERASURES)
        if events:
            self._append(
                "".join(
                    f"{event.cursor} {event.stream} {rfc3339(event.time)}\n" for event in events
                )
            )
        self._path.touch(0o600)
        self._after = events[-1].cursor if len(events) == _AT_ONCE else max(self._after, head)
        return bool(events)

    def _resume(self) -> Cursor:
        """Go on after the last whole line; what was cut off behind it is taken away."""
        lines = _lines(self._path)
        if self._path.exists():
            text = self._path.read_text()
            with self._path.open("r+") as file:
                file.truncate(text.rfind("\n") + 1)
        return Cursor.parse(lines[-1].split(" ")[0]) if lines else START

    def _append(self, text: str) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
