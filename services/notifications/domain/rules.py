"""Who is told what: one readable table, from an event's type to the message that it brings.

Adding a message is a row here, a pair of templates and a test. Every event type of the other
services is either in `RULES` or named in `SILENT`; a test says which is in neither.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

# Audiences: whom a message is for. See services/notifications/audiences.py.
CONVENERS, MEMBERS, NEAR = "conveners", "members", "conveners nearby"
THE_PERSON, NETWORK, OPERATORS = "the person", "network's contacts", "operators"
PARTICIPANTS, APPLICANT = "participants", "the applicant"

# Urgency. SOON is urgent where what it is about lies within the next 48 hours.
NORMAL, SOON, URGENT = "normal", "soon", "urgent"

# Categories: what a person can stop for itself.
COMMUNITY, ROLES, NEARBY, SESSIONS = "community", "roles", "nearby", "sessions"
REMINDERS, PROGRAMME, DECISION, LINKS = "reminders", "programme", "decision", "links"
OPERATIONS = "operations"

CATEGORIES: Mapping[str, str] = {
    COMMUNITY: "what becomes of a community: convener needed, closed, merged, reopened",
    ROLES: "people who join a community or take a role in it",
    NEARBY: "new communities in the same network or region",
    SESSIONS: "meetings and sessions: new, moved, cancelled",
    REMINDERS: "reminders of what is coming up",
    PROGRAMME: "the leadership programme: cohorts, applications, dates",
    LINKS: "links between communities, and matches of saved searches",
    OPERATIONS: "what an operator of this platform must know",
    DECISION: "decisions on your own application, which cannot be stopped",
}
MUST_BE_TOLD = frozenset({DECISION})

LONGEST_AGE = timedelta(hours=48)  # older news is not news

Data = Mapping[str, Any]


def _anything(_data: Data) -> bool:
    return True


@dataclass(frozen=True)
class Rule:
    """One row. `message` names the templates, and is the rule's own name in the ledger.

    `when` looks at the event's data: only where it says so is anybody told.
    """

    event: str
    audience: tuple[str, ...]
    message: str
    urgency: str
    category: str
    when: Callable[[Data], bool] = _anything
    longest_age: timedelta = LONGEST_AGE


def _by_people(data: Data) -> bool:
    """An import, and the undoing of one, tells nobody."""
    return not (data.get("run") or data.get("source"))


def _became_dormant(data: Data) -> bool:
    return data.get("state") == "dormant"


def _joined(data: Data) -> bool:
    return data.get("role") == "member"


def _convenes(data: Data) -> bool:
    return data.get("role") in ("convener", "co-convener")


# fmt: off
REGISTRY = (
    Rule("registry.community.registered", (NEAR,), "community-nearby", NORMAL, NEARBY, _by_people),
    Rule("registry.community.convener-needed", (CONVENERS, MEMBERS, NETWORK, OPERATORS),
         "convener-needed", NORMAL, COMMUNITY),
    Rule("registry.community.convener-found", (MEMBERS, NETWORK, OPERATORS),
         "convener-found", NORMAL, COMMUNITY),
    Rule("registry.community.closed", (CONVENERS, MEMBERS),
         "community-closed", NORMAL, COMMUNITY, _by_people),
    Rule("registry.community.reopened", (CONVENERS, MEMBERS),
         "community-reopened", NORMAL, COMMUNITY, _by_people),
    Rule("registry.community.succession-noted", (CONVENERS,),
         "community-joins-yours", NORMAL, COMMUNITY),
    Rule("registry.community.state-changed", (CONVENERS, MEMBERS),
         "community-dormant", NORMAL, COMMUNITY, _became_dormant),
    Rule("registry.community.role-started", (CONVENERS,), "member-joined", NORMAL, ROLES, _joined),
    Rule("registry.community.role-started", (THE_PERSON,), "role-given", NORMAL, ROLES, _convenes),
)
# fmt: on

RULES: tuple[Rule, ...] = REGISTRY

# Deliberately silent: nobody is told, and why.
SILENT: Mapping[str, str] = {
    "registry.community.described": "a page that changed is read when it is looked at",
    "registry.community.network-joined": "a network sees it in its landscape",
    "registry.community.network-left": "a network sees it in its landscape",
    "registry.community.stage-changed": "the community said it of itself",
    "registry.community.role-ended": "what matters of it is convener-needed",
    "registry.network.registered": "what happens in networks is told by their communities",
    "registry.network.described": "a name that changed is shown where it is read",
    "registry.organisation.registered": "nobody follows an organisation",
    "registry.organisation.described": "nobody follows an organisation",
    "registry.person.registered": "who was added is told when a role is given",
    "registry.person.erased": "nobody is told of an erasure; what is held is forgotten",
}


def rules_of(event_type: str) -> tuple[Rule, ...]:
    return _BY_EVENT.get(event_type, ())


_BY_EVENT: dict[str, tuple[Rule, ...]] = {}
for _rule in RULES:
    _BY_EVENT[_rule.event] = (*_BY_EVENT.get(_rule.event, ()), _rule)
