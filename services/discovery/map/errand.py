"""What the worker and the process that draws say to one another, a line of JSON each."""

import msgspec


class Errand(msgspec.Struct, frozen=True):
    """What to draw from, and when that is."""

    database: str
    model: str | None
    at: str


class Drawn(msgspec.Struct, frozen=True):
    """What came of it: said on standard output."""

    revision: int
    seconds: float
    communities: int
    groups: int
