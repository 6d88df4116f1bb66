"""A person's own calendar: its address can be made anew, and the old one leads nowhere then."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkRenewed:
    person: str
    generation: int


@dataclass(frozen=True, slots=True)
class RenewLink:
    """`only_first`: where there is one already, leave it."""

    person: str
    only_first: bool = False


def evolve(_generation: int, event: LinkRenewed) -> int:
    return event.generation


def decide(generation: int, command: RenewLink) -> list[LinkRenewed]:
    if command.only_first and generation:
        return []
    return [LinkRenewed(command.person, generation + 1)]
