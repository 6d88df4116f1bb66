"""What happens to a change of a person's address. Internal; no address and no code is in them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddressChangeRequested:
    """Whoever has the new address is sent a code; `expires` is RFC 3339."""

    person: str
    expires: str


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """The person has the new address from now on; whoever has the old one is told."""

    person: str


AddressChangeEvent = AddressChangeRequested | AddressChanged
