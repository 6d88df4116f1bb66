"""Who may do what in discovery, and a discovery service with somebody of every kind."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from werkzeug.test import TestResponse

from tests.authorisation.kinds import EVERYONE, OPERATORS, SIGNED_IN, Callers, Who
from tests.discovery import Discovery
from tests.registry import OPERATOR, SERVICE, Caller
from tests.signing import token

_CONVENING = frozenset({Who.CONVENER, Who.CO_CONVENER})
_OWN = frozenset({Who.SELF})
# For a person, the operator's token does as much as that person may: less than by itself.
_THEMSELVES = frozenset({Who.OPERATOR, Who.GRANTED_OPERATOR})
_BOTH_SIDES = _CONVENING | {Who.OTHER_CONVENER}

# Method and path, with the names of the world's things in it, to who may call it. The link of the
# world is between the community and the one that the other convener convenes.
TABLE: Mapping[tuple[str, str], Collection[Who]] = {
    ("GET", "/communities/<community>/related"): EVERYONE,
    ("POST", "/related"): EVERYONE,
    ("GET", "/search"): EVERYONE,
    ("GET", "/map"): EVERYONE,
    ("GET", "/map.svg"): EVERYONE,
    ("GET", "/landscape"): EVERYONE,
    ("GET", "/landscape.csv"): EVERYONE,
    ("GET", "/communities/<community>/joint-sessions"): EVERYONE,
    ("GET", "/unmet-needs"): {Who.LEAD, Who.TEAM} | OPERATORS,
    ("GET", "/links"): EVERYONE,
    ("GET", "/communities/<community>/links"): EVERYONE,
    ("GET", "/links/purposes"): EVERYONE,
    ("GET", "/links/<link>"): EVERYONE,
    ("POST", "/links"): _CONVENING | OPERATORS | {Who.SERVICE},
    ("POST", "/links/<link>/acceptance"): {Who.OTHER_CONVENER} | OPERATORS | {Who.SERVICE},
    ("POST", "/links/<link>/refusal"): {Who.OTHER_CONVENER} | OPERATORS | {Who.SERVICE},
    ("POST", "/links/<link>/ending"): _BOTH_SIDES | OPERATORS | {Who.SERVICE},
    ("GET", "/links/<link>/page/<person>"): _OWN | OPERATORS,
    ("GET", "/link/<signed>"): EVERYONE,
    ("POST", "/link/<signed>"): EVERYONE,
    ("PUT", "/communities/<community>/related/<other>/feedback"): _CONVENING | OPERATORS,
    ("DELETE", "/communities/<community>/related/<other>/feedback"): _CONVENING | OPERATORS,
    ("GET", "/communities/<community>/related/feedback"): _CONVENING | OPERATORS,
    ("GET", "/labels"): OPERATORS,
    ("GET", "/evaluation"): OPERATORS,
    ("POST", "/calibration"): OPERATORS,
    ("GET", "/people/<person>/inbox"): _OWN | _THEMSELVES,
    ("POST", "/saved-searches"): _OWN | _THEMSELVES,
    ("GET", "/saved-searches"): SIGNED_IN | OPERATORS,
    ("GET", "/saved-searches/<search>"): _OWN | _THEMSELVES,
    ("DELETE", "/saved-searches/<search>"): _OWN | _THEMSELVES,
}


class Asking(Caller):
    """A caller who sends, to what has a body or a query that a policy reads, one about the
    world's things."""

    bodies: Mapping[tuple[str, str], Any] = {}
    network = ""
    restore: Callable[[], None]  # the saved search that was deleted

    def ask(self, method: str, path: str, **asked: Any) -> TestResponse:
        if method == "DELETE":
            self.restore()
        if (method, path) in self.bodies:
            asked = {"json": self.bodies[method, path]} | asked
        if path == "/unmet-needs":
            path += f"?network={self.network}"
        return super().ask(method, path, **asked)


def world(discovery: Discovery) -> tuple[dict[str, str], Callers]:
    """What the paths name, and a caller of every kind."""
    here, there = "net_00000000000000000001", "net_00000000000000000002"
    for network, name in ((here, "Wessex"), (there, "Kent")):
        discovery.hears("registry.network.registered", network, name=name)
    community = discovery.community("Falls", networks=[here])
    other = discovery.community("Sleep", networks=[there])
    people = {who: discovery.person(who.name) for who in SIGNED_IN | {Who.REVOKED, Who.EXPIRED}}
    people[Who.ERASED] = discovery.person(Who.ERASED.name)
    for who, (where, role) in {
        Who.MEMBER: (community, "member"),
        Who.SELF: (community, "member"),
        Who.CO_CONVENER: (community, "co-convener"),
        Who.CONVENER: (community, "convener"),
        Who.OTHER_CONVENER: (other, "convener"),
    }.items():
        discovery.convener(where, who.name, role)
    discovery.granted(people[Who.GRANTED_OPERATOR], "operator")
    discovery.granted(people[Who.TEAM], "programme-team", "pgm_00000000000000000001")
    discovery.granted(people[Who.LEAD], "network-lead", here)
    discovery.granted(people[Who.OTHER_LEAD], "network-lead", there)
    discovery.follower.catch_up(discovery.service.database)
    search = discovery.operator.made("/saved-searches", person=people[Who.SELF], q="stroke clinic")
    names = {
        "community": community,
        "other": other,
        "link": discovery.proposal(community, other),
        "person": people[Who.SELF],
        "search": search["id"],
        "network": here,
        "signed": "no-link",
    }
    revoked = "sin_00000000000000000001"
    discovery.hears("registry.sign-in.ended", revoked)
    discovery.hears("registry.person.erased", people[Who.ERASED])
    return names, _callers(discovery, people, names, revoked)


def _restore(discovery: Discovery) -> None:
    with discovery.service.database.write() as connection:
        connection.exec_driver_sql("UPDATE saved_searches_1 SET state = 'active'")


def _callers(
    discovery: Discovery, people: Mapping[Who, str], names: Mapping[str, str], revoked: str
) -> Callers:
    app, service = discovery.app, discovery.service
    ten = timedelta(minutes=10)
    callers = {
        who: Asking(app, token(service, people[who])) for who in SIGNED_IN | {Who.ERASED}
    } | {
        Who.ANYONE: Asking(app, None),
        Who.OPERATOR: Asking(app, OPERATOR),
        Who.OPERATOR_FOR: Asking(app, OPERATOR, people[Who.STRANGER]),
        Who.SERVICE: Asking(app, SERVICE),
        Who.EXPIRED: Asking(app, token(service, people[Who.EXPIRED], asked=ten)),
        Who.REVOKED: Asking(app, token(service, people[Who.REVOKED], revoked)),
    }
    feedback = f"/communities/{names['community']}/related/{names['other']}/feedback"
    link = {"from": names["community"], "to": names["other"], "purpose": "Meet together"}
    for caller in callers.values():
        caller.network = "Wessex"
        caller.restore = partial(_restore, discovery)
        caller.bodies = {
            ("POST", "/links"): link,
            ("PUT", feedback): {"verdict": "useful"},
            ("POST", "/saved-searches"): {"person": names["person"], "q": "stroke clinic"},
        }
    return callers
