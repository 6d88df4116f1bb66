"""How many requests of a costly kind are worked on at once; the others are told to come again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from shared.web.errors import Problem

P = ParamSpec("P")
R = TypeVar("R")
_AT_ONCE = 2  # a web process has one processor's worth of Python


class Turns:
    """Room for `at_once` requests; `waiting` more may wait, each for `seconds` at most."""

    def __init__(self, at_once: int = _AT_ONCE, *, waiting: int = 0, seconds: float = 0.0) -> None:
        self._room = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._seconds = seconds

    @contextmanager
    def take(self) -> Iterator[None]:
        """One of them, for as long as the work lasts. Raises Problem 503."""
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            if not self._room.acquire(timeout=self._seconds):
                raise _busy()
            try:
                yield
            finally:
                self._room.release()
        finally:
            self._places.release()


def in_turn(turns: Turns) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A view that is carried out in one of these turns, its body's reading included."""

    def wrap(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            with turns.take():
                return view(*args, **kwargs)

        return guarded

    return wrap


def _busy() -> Problem:
    return Problem(
        503,
        "Too many requests of this kind are being worked on. Try again in a moment.",
        headers={"Retry-After": "1"},
    )
