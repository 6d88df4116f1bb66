"""A person: to events only an id. Name and address are in the erasable table, and nowhere else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from services.registry.domain.refusal import Refused

FORMER = "a former member"


@dataclass(frozen=True, slots=True)
class PersonRegistered:
    pass


@dataclass(frozen=True, slots=True)
class PersonErased:
    """Every service forgets what it holds about this person, and confirms it by an event."""


@dataclass(frozen=True, slots=True)
class LinksRenewed:
    """Links of this purpose signed for the person before no longer work.

    `renewals` is how often that was done.
    """

    purpose: str
    renewals: int


@dataclass(frozen=True, slots=True)
class PersonSuspended:
    """Every service refuses the person's tokens and links from now on, until they are restored."""


@dataclass(frozen=True, slots=True)
class PersonRestored:
    """The person may sign in again."""


PersonEvent = PersonRegistered | PersonErased | LinksRenewed | PersonSuspended | PersonRestored


@dataclass(frozen=True, slots=True)
class Person:
    """`renewals` counts by purpose how often the person's links were renewed."""

    registered: bool = False
    erased: bool = False
    suspended: bool = False
    renewals: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class RegisterPerson:
    pass


@dataclass(frozen=True, slots=True)
class ErasePerson:
    pass


@dataclass(frozen=True, slots=True)
class SuspendPerson:
    """`purposes` are those of the links that the person may have: they stop as well."""

    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestorePerson:
    pass


@dataclass(frozen=True, slots=True)
class RenewLinks:
    purposes: tuple[str, ...]


def evolve(person: Person, event: PersonEvent) -> Person:
    match event:
        case PersonRegistered():
            return Person(registered=True)
        case PersonErased():
            return Person(registered=person.registered, erased=True)
        case LinksRenewed(purpose, renewals):
            return replace(person, renewals={**person.renewals, purpose: renewals})
        case PersonSuspended() | PersonRestored():
            return replace(person, suspended=isinstance(event, PersonSuspended))


PersonCommand = RegisterPerson | ErasePerson | RenewLinks | SuspendPerson | RestorePerson


def decide(person: Person, command: PersonCommand) -> list[PersonEvent]:
    """Raises Refused."""
    match command:
        case RegisterPerson():
            if person.registered:
                raise Refused("This person is registered already.", unlawful=True)
            return [PersonRegistered()]
        case ErasePerson():
            if not person.registered:
                raise Refused("There is no such person.", unlawful=True)
            return [] if person.erased else [PersonErased()]
        case SuspendPerson(purposes):
            if not person.registered or person.erased:
                raise Refused("There is no such person, or no longer.", unlawful=True)
            return [] if person.suspended else [PersonSuspended(), *_renewed(person, purposes)]
        case RestorePerson():
            return [PersonRestored()] if person.suspended and not person.erased else []
        case RenewLinks(purposes):
            if not person.registered:
                raise Refused("There is no such person.", unlawful=True)
            if person.erased:
                raise Refused("This person was erased: none of their links works.", unlawful=True)
            return [*_renewed(person, purposes)]


def _renewed(person: Person, purposes: tuple[str, ...]) -> Iterator[LinksRenewed]:
    return (LinksRenewed(name, person.renewals.get(name, 0) + 1) for name in purposes)
