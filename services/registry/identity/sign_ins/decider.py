"""A sign-in and the session that it begins: pure decisions about limits, times and tries."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.registry.identity.sign_ins.events import (
    SignInCompleted,
    SignInEnded,
    SignInEvent,
    SignInRequested,
)
from services.registry.rules import CODE_TRIES, SIGN_IN_LIFETIME, SIGN_INS_PER_ADDRESS

PURPOSE = "sign-in"  # of the signed link


class Reason(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed-out"
    REVOKED = "revoked"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    ERASED = "erased"


class Outcome(StrEnum):
    """What trying to complete a sign-in comes to."""

    COMPLETED = "completed"
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    TOO_MANY_TRIES = "too many tries"
    WRONG_CODE = "wrong code"
    NAME_NEEDED = "name needed"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The stream's state."""

    person: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """`for_address` is how many were asked for by the same address within the last hour."""

    now: datetime
    for_address: int


@dataclass(frozen=True, slots=True)
class Complete:
    person: str


@dataclass(frozen=True, slots=True)
class End:
    reason: Reason


def evolve(sign_in: SignIn, event: SignInEvent) -> SignIn:
    match event:
        case SignInRequested():
            return sign_in
        case SignInCompleted(person):
            return SignIn(person)
        case SignInEnded():
            return SignIn(sign_in.person, ended=True)


def decide(sign_in: SignIn, command: Request | Complete | End) -> list[SignInEvent]:
    """Nothing is sent to an address that was sent enough, and nobody is told so; completing or
    ending what was completed or ended does nothing."""
    match command:
        case Request(now, for_address):
            expires = (now + SIGN_IN_LIFETIME).isoformat()
            return [] if for_address >= SIGN_INS_PER_ADDRESS else [SignInRequested(expires)]
        case Complete(person):
            return [] if sign_in.person else [SignInCompleted(person)]
        case End(reason):
            is_open = sign_in.person and not sign_in.ended
            return [SignInEnded(sign_in.person, str(reason))] if is_open else []


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in as it waits to be completed. `address` is gone once it is, or has expired."""

    id: str
    address: str | None
    person: str | None
    expires: datetime
    tries: int
    completed: bool


def judge(pending: Pending | None, *, proven: bool, named: bool, now: datetime) -> Outcome:
    """What a completion comes to; `proven`: the code or the link fits, `named`: a name is known
    or was given."""
    if pending is None:
        return Outcome.UNKNOWN
    if pending.completed:
        return Outcome.USED
    if now >= pending.expires:
        return Outcome.EXPIRED
    if pending.tries >= CODE_TRIES:
        return Outcome.TOO_MANY_TRIES
    if not proven:
        return Outcome.WRONG_CODE
    return Outcome.COMPLETED if named else Outcome.NAME_NEEDED
