"""How far what is done in this thread has written: for who tells others what to wait for."""

from contextvars import ContextVar
from typing import NamedTuple


class Written(NamedTuple):
    """A stream, and the version that it has come to."""

    stream: str
    version: int


_last: ContextVar[Written | None] = ContextVar("what was appended last", default=None)


def last_written() -> Written | None:
    """What was appended last since `forget_written`; None where nothing was."""
    return _last.get()


def note_written(stream: str, version: int) -> None:
    _last.set(Written(stream, version))


def forget_written() -> None:
    """Something new begins here, or what was appended is undone."""
    _last.set(None)
