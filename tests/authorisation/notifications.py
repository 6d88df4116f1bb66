"""Who may do what in notifications, and a notifications service with somebody of every kind."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from tests.authorisation.kinds import EVERYONE, OPERATORS, SIGNED_IN, Callers, Who
from tests.notifications import FALLS, FRAILTY, Notifications, person
from tests.registry import OPERATOR, SERVICE, Caller
from tests.signing import token

_CONVENING = frozenset({Who.CONVENER, Who.CO_CONVENER})
_OWN = frozenset({Who.SELF})
# For a person, the operator's token does as much as that person may: less than by itself.
_THEMSELVES = frozenset({Who.OPERATOR, Who.GRANTED_OPERATOR})

# Method and path, with the names of the world's things in it, to who may call it. The outbox is
# open here, as on any machine of one's own with no mail server.
TABLE: Mapping[tuple[str, str], Collection[Who]] = {
    ("GET", "/people/<person>/preferences"): _OWN | _THEMSELVES,
    ("PUT", "/people/<person>/preferences"): _OWN | _THEMSELVES,
    ("GET", "/networks/<network>/contacts"): {Who.LEAD} | OPERATORS,
    ("PUT", "/networks/<network>/contacts"): {Who.LEAD} | OPERATORS,
    ("GET", "/operators"): OPERATORS,
    ("PUT", "/operators"): OPERATORS,
    ("GET", "/unsubscribe/<signed>"): EVERYONE,
    ("POST", "/unsubscribe/<signed>"): EVERYONE,
    ("GET", "/preferences/<signed>"): EVERYONE,
    ("POST", "/preferences/<signed>"): EVERYONE,
    ("POST", "/messages"): SIGNED_IN | OPERATORS,
    ("GET", "/messages"): SIGNED_IN,
    ("GET", "/messages/<message>"): _CONVENING | _OWN,
    ("POST", "/messages/<message>/answer"): _CONVENING | _OWN,
    ("GET", "/deliveries"): OPERATORS,
    ("GET", "/post"): OPERATORS,
    ("GET", "/outbox"): EVERYONE,
    ("GET", "/outbox/<letter>"): EVERYONE,
    ("GET", "/outbox/<letter>/html"): EVERYONE,
    ("GET", "/bounces"): OPERATORS,
    ("POST", "/bounces"): OPERATORS,
    ("DELETE", "/bounces/<person>"): _OWN | _THEMSELVES,
    ("GET", "/people/<person>/inbox"): _OWN | _THEMSELVES,
    ("GET", "/reminders"): OPERATORS,
    ("POST", "/reminders"): OPERATORS,
    ("POST", "/forecasts"): {Who.SERVICE},
    ("GET", "/webhooks"): OPERATORS,
    ("POST", "/webhooks"): OPERATORS,
    ("GET", "/webhooks/<webhook>"): OPERATORS,
    ("PATCH", "/webhooks/<webhook>"): OPERATORS,
    ("DELETE", "/webhooks/<webhook>"): OPERATORS,
    ("POST", "/webhooks/<webhook>/test"): OPERATORS,
    ("POST", "/webhooks/<webhook>/replay"): OPERATORS,
    ("POST", "/webhooks/<webhook>/rotation"): OPERATORS,
    ("GET", "/webhooks/<webhook>/deliveries"): OPERATORS,
}


def world(post: Notifications) -> tuple[dict[str, str], Callers]:
    """What the paths name, and a caller of every kind."""
    people = {who: person(100 + number) for number, who in enumerate(Who)}
    here, there = "net_00000000000000000001", "net_00000000000000000002"
    post.community()
    post.community(FRAILTY, "Frailty")
    for who, (where, role) in {
        Who.MEMBER: (FALLS, "member"),
        Who.SELF: (FALLS, "member"),
        Who.CO_CONVENER: (FALLS, "co-convener"),
        Who.CONVENER: (FALLS, "convener"),
        Who.OTHER_CONVENER: (FRAILTY, "convener"),
    }.items():
        post.role(people[who], role, where)
    post.granted(people[Who.GRANTED_OPERATOR], "operator")
    post.granted(people[Who.TEAM], "programme-team", "pgm_00000000000000000001")
    post.granted(people[Who.LEAD], "network-lead", here)
    post.granted(people[Who.OTHER_LEAD], "network-lead", there)
    revoked = "sin_00000000000000000001"
    post.hear(post.event("registry.sign-in.ended", revoked))
    post.hear(post.event("registry.person.erased", people[Who.ERASED]))
    written = post.signed_in(people[Who.SELF]).made("/messages", community=FALLS, text="Hello")
    names = {
        "message": written["id"],
        "person": people[Who.SELF],
        "network": here,
        "webhook": "whk_00000000000000000001",
        "letter": "ltr_00000000000000000001",
        "signed": "no-link",
    }
    return names, _callers(post, people, names, revoked)


def _callers(
    post: Notifications, people: Mapping[Who, str], names: Mapping[str, str], revoked: str
) -> Callers:
    app, service = post.app, post.service
    ten = timedelta(minutes=10)
    return {who: Caller(app, token(service, people[who])) for who in SIGNED_IN | {Who.ERASED}} | {
        Who.ANYONE: Caller(app, None),
        Who.OPERATOR: Caller(app, OPERATOR),
        Who.OPERATOR_FOR: Caller(app, OPERATOR, people[Who.STRANGER]),
        Who.SERVICE: Caller(app, SERVICE),
        Who.EXPIRED: Caller(app, token(service, people[Who.EXPIRED], asked=ten)),
        Who.REVOKED: Caller(app, token(service, people[Who.REVOKED], revoked)),
    }
