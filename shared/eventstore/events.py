"""What an event store keeps: events in streams, in one order that readers follow by cursor."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

PUBLIC, INTERNAL = "public", "internal"
_SERVICE = re.compile("[a-z]{1,40}")
EXAMPLE = "example"  # the origin of what the example landscape brings about
COPIED = "copied"  # the origin of events that an upgrade copied from another stream
# By what somebody acted: as themselves, by the operator's token (perhaps for somebody else, on the
# telephone), as a programme's client, as the platform itself, by a signed link.
BY_PERSON, BY_OPERATOR, BY_CLIENT = "person", "operator", "client"
BY_SERVICE, BY_LINK = "service", "link"


class Cursor(NamedTuple):
    """A place in a store's order.

    `epoch` rises when a store is restored or moved, `transaction` is PostgreSQL's transaction id
    (0 on SQLite), `position` parts the events of one transaction.
    """

    epoch: int
    transaction: int
    position: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.transaction}-{self.position}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises ValueError where `text` is no cursor."""
        parts = text.split("-")
        if len(parts) != 3 or not all(p.isascii() and p.isdecimal() and len(p) < 20 for p in parts):
            raise ValueError(f"{text[:60]!r} is not a cursor that this service gave")
        epoch, transaction, position = (int(part) for part in parts)
        if epoch > 2**31 - 1 or transaction > 2**63 - 1 or position > 2**63 - 1:
            raise ValueError(f"{text[:60]!r} is not a cursor that this service gave")
        return cls(epoch, transaction, position)


START = Cursor(0, 0, 0)


def feed_cursor(service: str, cursor: Cursor) -> str:
    """A cursor as the feed of a service gives it, so that no other service takes it for its own."""
    return f"{service}-{cursor}"


def parse_feed_cursor(text: str, service: str) -> Cursor:
    """Also one without a service's name, as release 0.1.0 gave it.

    Raises ValueError where it is none, or is of another service's feed.
    """
    of, _, rest = text.partition("-")
    if _SERVICE.fullmatch(of) is None:
        return Cursor.parse(text)
    if of != service:
        raise ValueError(f"{text[:60]!r} is a cursor of {of}'s feed; this is {service}'s")
    return Cursor.parse(rest)


class Event(NamedTuple):
    """An event as stored, sent and received: the columns of the table, in their order.

    `data` is JSON text. `cursor` is where the owner's store has it; one that came from another
    service has its epoch there at most. `origin` is EXAMPLE or COPIED, or None for what people
    bring about: nobody but the platform itself can say it. `actor` and `via` (one of BY_…; None
    where it was anybody, and in events of the first releases) are for the owner's own histories:
    they never leave its store.
    """

    epoch: int
    transaction: int
    position: int
    stream: str
    version: int
    id: str
    type: str
    schema: int
    time: datetime
    audience: str
    correlation: str
    causation: str | None
    actor: str | None
    data: str
    origin: str | None = None
    via: str | None = None

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.epoch, self.transaction, self.position)


class NewEvent(NamedTuple):
    """An event that is not in the store yet; `data` is JSON text."""

    type: str
    schema: int
    audience: str
    data: str


@dataclass(frozen=True, slots=True)
class StreamAppend:
    """Events for one stream, whose version must be `expected` (0: the stream is new)."""

    stream: str
    expected: int
    events: Sequence[NewEvent]


@dataclass(frozen=True, slots=True)
class Cause:
    """Where events come from: the same for all that one command brings about.

    `via` is one of BY_…: the platform itself, unless a request says otherwise.
    """

    correlation: str
    causation: str | None = None
    actor: str | None = None
    origin: str | None = None
    via: str | None = BY_SERVICE


class Conflict(Exception):
    """The stream moved on since it was loaded. Roll back, and load anew in a new transaction."""

    def __init__(self, stream: str, expected: int) -> None:
        super().__init__(f"{stream} is no longer at version {expected}")
        self.stream, self.expected = stream, expected
