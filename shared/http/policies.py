"""Who may call what: a policy for every route, as data beside it.

    @blp.patch("/communities/<community>")
    @policy(convener_of("community"), operator)
    def change(community: str) -> Response: ...

A policy is a list of rules; whoever one of them lets in may call the route. Roles are looked up in
the service's own read models at each request (see `Authority`), so that one that ends has ended at
once. What a caller then sees of a list is the route's own affair.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from flask_smorest import Blueprint

from shared.connection import Connection

V = TypeVar("V", bound=Callable[..., Any])
FRESH = timedelta(minutes=30)  # how long ago a sign-in may be for what cannot be undone


class Kind(StrEnum):
    """What a rule asks of a caller. The words are those of docs/authorisation.md."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    SELF = "the person"
    CONVENER = "convener of the community"
    CO_CONVENER = "co-convener of the community"
    MEMBER = "member of the community"
    TEAM = "programme team of the cohort"
    PARTICIPANT = "participant in the cohort"
    LEAD = "lead of the network"
    CONTACT = "contact of the client"
    OPERATOR = "operator"
    SERVICE = "service"


# Rules about something that the request names: a person, a community, a cohort, a network.
ABOUT: Mapping[Kind, str] = {
    Kind.SELF: "person",
    Kind.CONVENER: "community",
    Kind.CO_CONVENER: "community",
    Kind.MEMBER: "community",
    Kind.TEAM: "cohort",
    Kind.PARTICIPANT: "cohort",
    Kind.LEAD: "network",
    Kind.CONTACT: "client",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`named` says where the request names the thing: a part of the path, or of the query or the
    body as `query:NAME` or `body:NAME`; empty for rules that are about nothing, or about any."""

    kind: Kind
    named: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """`fresh`: people must have signed in within the last 30 minutes."""

    rules: tuple[Rule, ...]
    fresh: bool = False

    def allows(self, kind: Kind) -> bool:
        return any(rule.kind is kind for rule in self.rules)


anyone = Rule(Kind.ANYONE)
signed_in = Rule(Kind.SIGNED_IN)
operator = Rule(Kind.OPERATOR)
service_token = Rule(Kind.SERVICE)
any_team = Rule(Kind.TEAM)  # the programme team, of whichever programme


def self_(named: str = "person") -> Rule:
    return Rule(Kind.SELF, named)


def convener_of(named: str = "community") -> Rule:
    return Rule(Kind.CONVENER, named)


def co_convener_of(named: str = "community") -> Rule:
    return Rule(Kind.CO_CONVENER, named)


def member_of(named: str = "community") -> Rule:
    return Rule(Kind.MEMBER, named)


def team_of(named: str = "cohort") -> Rule:
    return Rule(Kind.TEAM, named)


def participant_in(named: str = "cohort") -> Rule:
    return Rule(Kind.PARTICIPANT, named)


def lead_of(named: str = "network") -> Rule:
    return Rule(Kind.LEAD, named)


def contact_of(named: str = "client") -> Rule:
    return Rule(Kind.CONTACT, named)


def policy(*rules: Rule, fresh: bool = False) -> Callable[[V], V]:
    """Declare who may call a route. The operator's token stands for the operator."""
    if not rules:
        raise ValueError("a policy lets somebody in")
    declared = Policy(rules, fresh)

    def declare(view: V) -> V:
        found: V = Blueprint.doc(security=_schemes(declared))(view)
        found._policy = declared  # type: ignore[attr-defined]
        return found

    return declare


def policy_of(view: Callable[..., Any]) -> Policy | None:
    """What was declared for a view; None where nothing was, and then nobody may call it."""
    found = getattr(view, "_policy", None)
    return found if isinstance(found, Policy) else None


def _schemes(declared: Policy) -> list[dict[str, list[str]]]:
    """The security schemes that OpenAPI names for the route, by the names in `docs.SECURITY`."""
    kinds = {rule.kind for rule in declared.rules}
    if Kind.ANYONE in kinds:
        return [{}, {"person": []}, {"token": []}]
    schemes: list[dict[str, list[str]]] = []
    if kinds - {Kind.SERVICE}:
        schemes.append({"person": []})
    if kinds & {Kind.OPERATOR, Kind.SERVICE}:
        schemes.append({"token": []})
    return schemes


class Authority(Protocol):
    """What one service knows of who may do what, from its own read models."""

    def has_ended(self, connection: Connection, person: str, session: str) -> bool:
        """Whether the session has ended, or the person was suspended or erased."""

    def holds(
        self, connection: Connection, kind: Kind, person: str, things: Collection[str], today: date
    ) -> bool:
        """Whether the person holds that role in any of these things; `things` is empty for
        OPERATOR, which is about nothing, and for a rule about any."""

    def things(
        self, connection: Connection, about: str, named: str, value: str
    ) -> Sequence[str] | None:
        """The communities, cohorts, networks or persons (`about`) that something named in a
        request concerns: of ("community", "session", "ses_…") those that hold the session.
        None where there is no such thing here."""
