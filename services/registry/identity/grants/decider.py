"""A grant: operator, programme team, or network lead; given once, ended once."""

from dataclasses import dataclass
from enum import StrEnum

from services.registry.domain.refusal import Refused
from services.registry.identity.grants.events import GrantEnded, GrantEvent, GrantGiven


class Grant(StrEnum):
    OPERATOR = "operator"
    PROGRAMME_TEAM = "programme-team"  # of one programme, or of all
    NETWORK_LEAD = "network-lead"  # of one network


@dataclass(frozen=True, slots=True)
class Given:
    """A grant's stream: empty before it is given."""

    person: str = ""
    grant: str = ""
    scope: str | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Give:
    person: str
    grant: Grant
    scope: str | None


@dataclass(frozen=True, slots=True)
class End:
    pass


def evolve(given: Given, event: GrantEvent) -> Given:
    match event:
        case GrantGiven(person, grant, scope):
            return Given(person, grant, scope)
        case GrantEnded():
            return Given(given.person, given.grant, given.scope, ended=True)


def decide(given: Given, command: Give | End) -> list[GrantEvent]:
    """Raises Refused. Ending one that has ended does nothing."""
    match command:
        case Give(person, grant, scope):
            return _give(given, person, grant, scope)
        case End():
            if not given.person or given.ended:
                return []
            return [GrantEnded(given.person, given.grant, given.scope)]


def _give(given: Given, person: str, grant: Grant, scope: str | None) -> list[GrantEvent]:
    if given.person:
        raise Refused("This was granted already.", unlawful=True)
    if grant is Grant.NETWORK_LEAD and scope is None:
        raise Refused("is required for network-lead: the id of the network", field="scope")
    if grant is Grant.OPERATOR and scope is not None:
        raise Refused("must be left out for operator, who operates all of it", field="scope")
    return [GrantGiven(person, str(grant), scope)]
