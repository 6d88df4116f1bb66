"""A person: to events only an id. Name and address are in the erasable table, and nowhere else."""

from dataclasses import dataclass

from services.registry.domain.refusal import Refused


@dataclass(frozen=True, slots=True)
class PersonRegistered:
    pass


@dataclass(frozen=True, slots=True)
class Person:
    registered: bool = False


@dataclass(frozen=True, slots=True)
class RegisterPerson:
    pass


def evolve(_person: Person, _event: PersonRegistered) -> Person:
    return Person(registered=True)


def decide(person: Person, _command: RegisterPerson) -> list[PersonRegistered]:
    """Raises Refused."""
    if person.registered:
        raise Refused("This person is registered already.", unlawful=True)
    return [PersonRegistered()]
