"""Room for requests that wait for something: each holds a thread, so there are few."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import Flask, current_app

from shared.web.callers import ANYONE, SERVICE

_KEY = "hedgerow_places"


class Places:
    """Room for those who wait: a quarter of the threads for anyone, another for the services."""

    def __init__(self, threads: int) -> None:
        self._free = {ANYONE: max(1, threads // 4), SERVICE: max(1, threads // 4)}
        self._lock = threading.Lock()

    @contextmanager
    def take(self, kind: str) -> Iterator[bool]:
        """Whether there was a place; it is given back at the end."""
        kind = SERVICE if kind == SERVICE else ANYONE
        with self._lock:
            had = self._free[kind] > 0
            self._free[kind] -= had
        try:
            yield had
        finally:
            with self._lock:
                self._free[kind] += had


def make_places(app: Flask, threads: int) -> None:
    app.extensions[_KEY] = Places(threads)


def places() -> Places:
    """Those of the present app, whatever is waited for."""
    return cast(Places, current_app.extensions[_KEY])
