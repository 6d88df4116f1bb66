"""How long one database transaction may take: so many seconds in a request, else without limit.

A thread that reads for minutes answers nobody meanwhile, and its caller has long gone away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class TimeLimit(NamedTuple):
    """Seconds that a transaction may take, by what it is for."""

    read: float
    write: float


IN_REQUESTS = TimeLimit(read=10.0, write=30.0)
_present: ContextVar[TimeLimit | None] = ContextVar("time limit of a transaction", default=None)


def time_limit() -> TimeLimit | None:
    """The limit here; None where there is none."""
    return _present.get()


def set_time_limit(limit: TimeLimit | None) -> None:
    """Set it for what this thread does from now on."""
    _present.set(limit)


@contextmanager
def within_time_limit(limit: TimeLimit) -> Iterator[None]:
    """Set it for a block."""
    before = time_limit()
    set_time_limit(limit)
    try:
        yield
    finally:
        set_time_limit(before)
