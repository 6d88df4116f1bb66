"""A person: to events only an id. Name and address are in the erasable table, and nowhere else."""

from dataclasses import dataclass

from services.registry.domain.refusal import Refused

FORMER = "a former member"


@dataclass(frozen=True, slots=True)
class PersonRegistered:
    pass


@dataclass(frozen=True, slots=True)
class PersonErased:
    """Every service forgets what it holds about this person, and confirms it by an event."""


PersonEvent = PersonRegistered | PersonErased


@dataclass(frozen=True, slots=True)
class Person:
    registered: bool = False
    erased: bool = False


@dataclass(frozen=True, slots=True)
class RegisterPerson:
    pass


@dataclass(frozen=True, slots=True)
class ErasePerson:
    pass


def evolve(person: Person, event: PersonEvent) -> Person:
    match event:
        case PersonRegistered():
            return Person(registered=True)
        case PersonErased():
            return Person(registered=person.registered, erased=True)


def decide(person: Person, command: RegisterPerson | ErasePerson) -> list[PersonEvent]:
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
