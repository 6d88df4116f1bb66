"""Who may do what at the registry, and a registry with somebody of every kind."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from services.registry.identity.tokens.handlers import signing_key
from shared.http.access_tokens import LIFETIME, Claims, issuer, sign
from tests.authorisation.kinds import EVERYONE, OPERATORS, SIGNED_IN, Callers, Who
from tests.registry import OPERATOR, SERVICE, Caller, Registry, signed_in

_CONVENING = frozenset({Who.CONVENER, Who.CO_CONVENER})
_PLATFORM = OPERATORS | {Who.SERVICE}
_OWN = frozenset({Who.SELF})

# Method and path, with the names of the world's things in it, to who may call it.
TABLE: Mapping[tuple[str, str], Collection[Who]] = {
    ("GET", "/communities"): EVERYONE,
    ("POST", "/communities"): SIGNED_IN | _PLATFORM,
    ("GET", "/communities/<community>"): EVERYONE,
    ("PATCH", "/communities/<community>"): _CONVENING | _PLATFORM,
    ("GET", "/communities/<community>/history"): EVERYONE,
    ("POST", "/communities/<community>/stage"): _CONVENING | _PLATFORM,
    ("POST", "/communities/<community>/state"): _CONVENING | _PLATFORM,
    ("POST", "/communities/<community>/closure"): {Who.CONVENER} | _PLATFORM,
    ("POST", "/communities/<community>/reopening"): {Who.CONVENER} | _PLATFORM,
    ("POST", "/communities/<community>/roles"): _PLATFORM,
    ("GET", "/communities/<community>/roles/<role_id>"): _CONVENING | _OWN | {Who.LEAD} | _PLATFORM,
    ("PATCH", "/communities/<community>/roles/<role_id>"): {Who.CONVENER} | _OWN | _PLATFORM,
    ("POST", "/communities/import"): _PLATFORM,
    ("POST", "/communities/import/<run>/undoing"): OPERATORS,
    ("GET", "/networks"): EVERYONE,
    ("POST", "/networks"): _PLATFORM,
    ("GET", "/networks/<network>"): EVERYONE,
    ("PATCH", "/networks/<network>"): {Who.LEAD} | _PLATFORM,
    ("GET", "/organisations"): EVERYONE,
    ("POST", "/organisations"): _PLATFORM,
    ("GET", "/organisations/<organisation>"): EVERYONE,
    ("PATCH", "/organisations/<organisation>"): _PLATFORM,
    ("GET", "/people"): OPERATORS,
    ("POST", "/people"): _PLATFORM,
    ("GET", "/people/<person>"): _OWN | OPERATORS,
    ("PATCH", "/people/<person>"): _OWN | OPERATORS,
    ("DELETE", "/people/<person>"): _OWN | OPERATORS,
    ("GET", "/people/<person>/erasure"): _PLATFORM,
    ("GET", "/people/<person>/export"): _OWN | OPERATORS,
    ("POST", "/people/<person>/links/renewal"): _OWN | OPERATORS,
    ("GET", "/people/<person>/inbox"): _OWN | {Who.OPERATOR, Who.GRANTED_OPERATOR},
    ("POST", "/people/<person>/suspension"): OPERATORS,
    ("DELETE", "/people/<person>/suspension"): OPERATORS,
    ("POST", "/people/<person>/address-changes"): _OWN,
    ("POST", "/people/<person>/address-changes/<change>/completion"): _OWN,
    ("POST", "/people/contacts"): {Who.SERVICE},
    ("POST", "/sign-ins"): EVERYONE,
    ("POST", "/sign-ins/<sign_in>/completion"): EVERYONE,
    ("POST", "/sign-ins/completion"): EVERYONE,
    ("POST", "/sign-ins/with"): EVERYONE,
    ("POST", "/sign-ins/with/completion"): EVERYONE,
    ("POST", "/sign-ins/with/<confirmation>/confirmation"): EVERYONE,
    ("POST", "/oauth/token"): EVERYONE,
    ("GET", "/.well-known/jwks.json"): EVERYONE,
    ("POST", "/signing-keys/rotation"): OPERATORS,
    ("GET", "/me"): SIGNED_IN,
    ("GET", "/me/sessions"): SIGNED_IN,
    ("DELETE", "/me/sessions/<session>"): SIGNED_IN,
    ("GET", "/me/accounts"): SIGNED_IN,
    ("DELETE", "/me/accounts/<account>"): SIGNED_IN,
    ("GET", "/grants"): OPERATORS,
    ("POST", "/grants"): OPERATORS,
    ("GET", "/grants/<grant>"): OPERATORS,
    ("DELETE", "/grants/<grant>"): OPERATORS,
}


def expired_token(registry: Registry, person: str) -> str:
    """A person's token whose five minutes are over."""
    service = registry.service
    now = service.clock.now() - timedelta(minutes=10)
    with service.write() as connection:
        key = signing_key(connection, service.clock.now())
    claims = Claims(person, "sin_00000000000000000000", now, now + LIFETIME)
    return sign(key, issuer(service.settings), claims, now)


def world(registry: Registry) -> tuple[dict[str, str], Callers]:
    """What the paths name, and a caller of every kind."""
    operator = registry.operator
    here = operator.made("/networks", name="Wessex")["id"]
    there = operator.made("/networks", name="Kent")["id"]
    community = operator.community("Falls", networks=[here])
    other = operator.community("Sleep", networks=[there])
    callers = {
        who: signed_in(registry.app, f"{who.name.lower()}@people.example", who)
        for who in SIGNED_IN | {Who.REVOKED, Who.SUSPENDED, Who.ERASED}
    }
    people = {who: caller.get("/me").json["id"] for who, caller in callers.items()}
    roles = {
        Who.MEMBER: (community, "member"),
        Who.CO_CONVENER: (community, "co-convener"),
        Who.CONVENER: (community, "convener"),
        Who.OTHER_CONVENER: (other, "convener"),
        Who.SELF: (community, "member"),
    }
    held: dict[Who, Any] = {}
    for who, (where, role) in roles.items():
        body = {"person": people[who], "role": role, "from": "2020-01-01"}
        held[who] = operator.made(f"/communities/{where}/roles", **body)
    grants = {
        Who.LEAD: ("network-lead", here),
        Who.OTHER_LEAD: ("network-lead", there),
        Who.TEAM: ("programme-team", None),
        Who.OTHER_TEAM: ("programme-team", "pgm_00000000000000000002"),
        Who.GRANTED_OPERATOR: ("operator", None),
    }
    given = {
        who: operator.made("/grants", person=people[who], grant=grant, scope=scope)["id"]
        for who, (grant, scope) in grants.items()
    }
    revoked = callers[Who.REVOKED].get("/me").json["session"]
    assert callers[Who.REVOKED].ask("DELETE", f"/me/sessions/{revoked}").status_code == 200
    assert operator.ask("DELETE", f"/people/{people[Who.ERASED]}").status_code == 202
    suspended = f"/people/{people[Who.SUSPENDED]}/suspension"
    assert operator.post(suspended, {"reason": "a test"}).status_code == 200
    callers |= {
        Who.ANYONE: registry.anyone,
        Who.OPERATOR: operator,
        Who.OPERATOR_FOR: Caller(registry.app, OPERATOR, people[Who.STRANGER]),
        Who.SERVICE: Caller(registry.app, SERVICE),
        Who.EXPIRED: Caller(registry.app, expired_token(registry, people[Who.STRANGER])),
    }
    names = {
        "community": community,
        "network": here,
        "organisation": operator.made("/organisations", name="Trust")["id"],
        "person": people[Who.SELF],
        "role_id": held[Who.SELF]["id"],
        "grant": given[Who.TEAM],
        "session": "sin_00000000000000000000",
        "sign_in": "sin_00000000000000000000",
        "run": "run_00000000000000000000",
        "confirmation": "oif_00000000000000000000",
        "account": "oib_00000000000000000000",
        "change": "adc_00000000000000000000",
    }
    return names, callers
