"""What happens to a sign-in: asked for, completed (which begins a session), ended.

Internal. No secret and no address is in them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignInRequested:
    """Whoever has the address is sent a link and a code; `expires` is RFC 3339."""

    expires: str


@dataclass(frozen=True, slots=True)
class SignInCompleted:
    """The person is signed in: the stream's id is the session's."""

    person: str


@dataclass(frozen=True, slots=True)
class SignInEnded:
    """The person is signed out: every service refuses the session's tokens from now on.

    `reason` is one of the decider's.
    """

    person: str
    reason: str


SignInEvent = SignInRequested | SignInCompleted | SignInEnded
