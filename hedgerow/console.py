"""The terminal of a running platform: each process's lines beneath one another, told apart."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

COLOURS = (36, 32, 33, 35)  # cyan, green, yellow, magenta: readable on dark and on light
OWN_NAME = "hedgerow"
ROUTINE = "[info "  # how the services' text logs mark it


class Console:
    """Writes lines of several processes, and a progress line below them, to one stream.

    On a terminal each line begins with its process's name in its service's colour; elsewhere
    with the name alone, or, where the log's format is JSON, with nothing, so that every line
    stays one JSON object. Safe to use from several threads.
    """

    def __init__(self, stream: TextIO, names: list[str], log_format: str = "text") -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._colour = self._terminal and not os.environ.get("NO_COLOR")
        self._json = log_format == "json" and not self._terminal
        self._width = max(len(name) for name in [*names, OWN_NAME])
        services = list(dict.fromkeys(name.split()[0] for name in names))
        self._colours = {
            service: COLOURS[place % len(COLOURS)] for place, service in enumerate(services)
        }
        self.gone = False
        """Whether nobody reads any more: the terminal was closed, or the pipe's other end."""
        self._progress = ""
        self._calm = False
        self._writing = threading.Lock()

    def line(self, name: str, text: str) -> None:
        """One line that the process `name` wrote."""
        if self._calm and ROUTINE in text:
            return
        self._write(text if self._json else f"{self._prefix(name)}{text}")

    def log(self, text: str) -> None:
        """One line of the supervisor's own, among those of the processes."""
        self.line(
            OWN_NAME, json.dumps({"service": OWN_NAME, "event": text}) if self._json else text
        )

    def say(self, text: str) -> None:
        """Words to the person who started the platform, without a prefix."""
        if self._json:
            self.log(text)
        else:
            self._write(text)

    @contextmanager
    def calm(self) -> Iterator[None]:
        """Leave out what the processes say of things that go well, for as long as this lasts."""
        self._calm = not self._json
        try:
            yield
        finally:
            self._calm = False

    def progress(self, done: int, total: int, what: str) -> None:
        """Show, on a terminal, how much is done, until `progress_ended`."""
        filled = 30 * done // total
        self._show(f"{what}  [{'#' * filled}{'-' * (30 - filled)}] {done}/{total}")

    def progress_ended(self) -> None:
        self._show("")

    def _show(self, progress: str) -> None:
        if self._terminal and progress != self._progress:
            with self._writing:
                self._progress = progress
                self._put(f"\r\x1b[K{progress}")

    def _prefix(self, name: str) -> str:
        prefix = f"{name:<{self._width}} │ "
        colour = self._colours.get(name.split()[0])
        if not self._colour:
            return prefix
        return f"\x1b[{colour}m{prefix}\x1b[0m" if colour else f"\x1b[1m{prefix}\x1b[0m"

    def _write(self, text: str) -> None:
        with self._writing:
            clear = "\r\x1b[K" if self._progress else ""
            self._put(f"{clear}{text}\n{self._progress}")

    def _put(self, text: str) -> None:
        if self.gone:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self.gone = True
