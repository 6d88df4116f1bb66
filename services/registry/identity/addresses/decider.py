"""Changing an address: pure decisions about limits, times and tries."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.registry.identity.addresses.events import (
    AddressChanged,
    AddressChangeEvent,
    AddressChangeRequested,
)
from services.registry.rules import (
    ADDRESS_CHANGE_LIFETIME,
    ADDRESS_CHANGES_PER_ADDRESS,
    CODE_TRIES,
)


class State(StrEnum):
    OPEN = "open"  # can be confirmed by the code
    TAKEN = "taken"  # somebody else has the address: no code confirms it
    DONE = "done"


class Outcome(StrEnum):
    """What trying to confirm a change comes to."""

    CHANGED = "changed"
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    TOO_MANY_TRIES = "too many tries"
    WRONG_CODE = "wrong code"


@dataclass(frozen=True, slots=True)
class Change:
    """The stream's state."""

    person: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """`for_address` is how many emails the address was sent for this within the last hour."""

    person: str
    now: datetime
    for_address: int


@dataclass(frozen=True, slots=True)
class Carry:
    """Make the change: confirmed by the code, or by an operator."""

    person: str


def evolve(_change: Change, event: AddressChangeEvent) -> Change:
    match event:
        case AddressChangeRequested(person, _):
            return Change(person)
        case AddressChanged(person):
            return Change(person, done=True)


def decide(change: Change, command: Request | Carry) -> list[AddressChangeEvent]:
    """An address that was sent enough is sent nothing, and nobody is told so."""
    match command:
        case Request(person, now, for_address):
            expires = (now + ADDRESS_CHANGE_LIFETIME).isoformat()
            too_many = for_address >= ADDRESS_CHANGES_PER_ADDRESS
            return [] if too_many else [AddressChangeRequested(person, expires)]
        case Carry(person):
            return [] if change.done else [AddressChanged(person)]


@dataclass(frozen=True, slots=True)
class Pending:
    """A change as it waits to be confirmed. `address` is the new one until it is, then the old."""

    id: str
    person: str
    address: str | None
    state: State
    tries: int
    asked_at: datetime

    @property
    def expires(self) -> datetime:
        return self.asked_at + ADDRESS_CHANGE_LIFETIME


def judge(pending: Pending | None, *, proven: bool, now: datetime) -> Outcome:
    """What a confirmation comes to; an address that is taken is as one whose code is wrong."""
    if pending is None:
        return Outcome.UNKNOWN
    if pending.state is State.DONE:
        return Outcome.USED
    if now >= pending.expires:
        return Outcome.EXPIRED
    if pending.tries >= CODE_TRIES:
        return Outcome.TOO_MANY_TRIES
    return Outcome.CHANGED if proven and pending.state is State.OPEN else Outcome.WRONG_CODE
