"""That an account at the identity provider is somebody's, or no longer. Internal.

Neither the provider's name for the account nor an address is in them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountBound:
    """Whoever signs in with that account at the provider is this person from now on."""

    person: str


@dataclass(frozen=True, slots=True)
class AccountUnbound:
    person: str


BindingEvent = AccountBound | AccountUnbound
