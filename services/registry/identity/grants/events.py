"""What people were granted beyond their roles in communities. Internal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GrantGiven:
    """`scope` is the id of the programme or network that it is for; None: of no one, or of all."""

    person: str
    grant: str
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class GrantEnded:
    person: str
    grant: str
    scope: str | None = None


GrantEvent = GrantGiven | GrantEnded
