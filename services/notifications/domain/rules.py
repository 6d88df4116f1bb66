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
APPLICANT, SPONSOR, GUEST = "the applicant", "the sponsor", "the guest"
# Of a sign-in: whoever has the address that it was asked for, known here or not. Of a change of an
# address: who has the new one, then who has the old one.
ADDRESSEE = "whoever has the address"
# Of a session: its cohort's participants, those who have a role or replied, and the conveners and
# members of the communities that hold it. COMING leaves out who said no, or sent
# apologies.
ATTENDEES, COMING = "attendees", "attendees but those who said no"
# Of a link: who convenes the side to which something was done; both, where it is not known which.
OTHER_SIDE = "conveners of the other side"

# Of a role that somebody takes or gives up: who convenes the community beside them.
OTHER_CONVENERS = "the other conveners"

# Urgency. SOON is urgent where what it is about lies within the next 48 hours; UNHURRIED waits for
# the next digest even of those who like to hear of things at once.
NORMAL, SOON, URGENT, UNHURRIED = "normal", "soon", "urgent", "unhurried"

# Categories: what a person can stop for itself.
COMMUNITY, ROLES, NEARBY, SESSIONS = "community", "roles", "nearby", "sessions"
REMINDERS, PROGRAMME, DECISION, LINKS = "reminders", "programme", "decision", "links"
OPERATIONS, REQUEST, SIGN_IN = "operations", "request", "sign-in"
MESSAGES = "messages"

CATEGORIES: Mapping[str, str] = {
    COMMUNITY: "what becomes of a community: convener needed, closed, merged, reopened",
    ROLES: "people who join a community or take a role in it",
    NEARBY: "new communities in the same network or region",
    SESSIONS: "meetings and sessions: new, moved, cancelled",
    REMINDERS: "reminders of what is coming up",
    PROGRAMME: "the leadership programme: cohorts, applications, dates",
    LINKS: "links between communities, and matches of saved searches",
    MESSAGES: "messages that people send to the conveners of a community, and answers to them",
    OPERATIONS: "what an operator of this platform must know",
    DECISION: "decisions on your own application, which cannot be stopped",
    REQUEST: "what somebody asks of you by name, once: to confirm a release, to be a guest",
    SIGN_IN: "links and codes that somebody asked for with your address, to sign in or have it as"
    " theirs, and that the address of your account was changed",
}
MUST_BE_TOLD = frozenset({DECISION, SIGN_IN})
# Told at once whatever a person chose to hear, until they stop it: who is asked may be a stranger.
TOLD_UNTIL_STOPPED = frozenset({REQUEST})

LONGEST_AGE = timedelta(hours=48)  # older news is not news
SIGN_IN_AGE = timedelta(minutes=15)  # the link and the code are good for no longer

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


def _held_by_communities(data: Data) -> bool:
    """The sessions of a cohort are planned before it has participants: they read its calendar."""
    return bool(data["session"].get("communities"))


_TOLD_FIELDS = frozenset({"title", "modality", "place", "access", "join_address"})


def _changed_for_people(data: Data) -> bool:
    return bool(_TOLD_FIELDS & set(data.get("changed", ())))


def _decided(decision: str) -> Callable[[Data], bool]:
    def when(data: Data) -> bool:
        return bool(data.get("decision") == decision)

    return when


def _handed_on(data: Data) -> bool:
    return bool(data.get("continues"))


def _grew_quiet(data: Data) -> bool:
    return data.get("standing") == "quiet"


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
    Rule("registry.membership.started", (CONVENERS,), "member-joined", NORMAL, ROLES, _joined),
    Rule("registry.membership.started", (THE_PERSON,), "role-given", NORMAL, ROLES, _convenes),
    Rule("registry.membership.started", (OTHER_CONVENERS,),
         "convener-joined", NORMAL, ROLES, _convenes),
    Rule("registry.membership.ended", (OTHER_CONVENERS,), "convener-left", NORMAL, ROLES),
    Rule("registry.sign-in.requested", (ADDRESSEE,), "sign-in", URGENT, SIGN_IN,
         longest_age=SIGN_IN_AGE),
    Rule("registry.address-change.requested", (ADDRESSEE,), "address-code", URGENT, SIGN_IN,
         longest_age=SIGN_IN_AGE),
    Rule("registry.address-change.completed", (ADDRESSEE,), "address-changed", URGENT, SIGN_IN),
)

SCHEDULING = (
    Rule("scheduling.session.scheduled", (CONVENERS, MEMBERS),
         "session-planned", NORMAL, SESSIONS, _held_by_communities),
    Rule("scheduling.session.rescheduled", (ATTENDEES,), "session-rescheduled", SOON, SESSIONS),
    Rule("scheduling.session.changed", (COMING,),
         "session-changed", SOON, SESSIONS, _changed_for_people),
    Rule("scheduling.session.postponed", (COMING,), "session-postponed", SOON, SESSIONS),
    Rule("scheduling.session.cancelled", (COMING,), "session-cancelled", SOON, SESSIONS),
    Rule("scheduling.session.reinstated", (ATTENDEES,), "session-reinstated", SOON, SESSIONS),
    Rule("scheduling.session.decision-needed", (CONVENERS, OPERATORS),
         "session-undecided", NORMAL, OPERATIONS),
    Rule("scheduling.attendance.place-given", (THE_PERSON,), "session-place", SOON, SESSIONS),
    Rule("scheduling.attendance.role-assigned", (THE_PERSON,), "session-role", NORMAL, SESSIONS),
    Rule("scheduling.attendance.guest-invited", (GUEST,), "guest-invited", NORMAL, REQUEST),
    Rule("scheduling.application.submitted", (APPLICANT,),
         "application-received", NORMAL, PROGRAMME),
    Rule("scheduling.application.sponsor-asked", (SPONSOR,), "sponsor-asked", NORMAL, REQUEST),
    Rule("scheduling.application.sponsor-confirmed", (APPLICANT,),
         "sponsor-confirmed", NORMAL, PROGRAMME),
    Rule("scheduling.application.sponsor-refused", (APPLICANT,),
         "sponsor-refused", NORMAL, PROGRAMME),
    Rule("scheduling.application.decision-released", (APPLICANT,),
         "decision-offer", SOON, DECISION, _decided("offer")),
    Rule("scheduling.application.decision-released", (APPLICANT,),
         "decision-waiting-list", NORMAL, DECISION, _decided("waiting-list")),
    Rule("scheduling.application.decision-released", (APPLICANT,),
         "decision-not-offered", NORMAL, DECISION, _decided("not-offered")),
    Rule("scheduling.application.place-offered", (APPLICANT,), "place-offered", SOON, DECISION),
    Rule("scheduling.application.offer-lapsed", (APPLICANT,), "offer-lapsed", NORMAL, DECISION),
    Rule("scheduling.application.accepted", (APPLICANT,), "place-accepted", NORMAL, PROGRAMME),
    Rule("scheduling.community.standing-changed", (CONVENERS,),
         "community-quiet", NORMAL, COMMUNITY, _grew_quiet),
)

DISCOVERY = (
    Rule("discovery.proposal.made", (OTHER_SIDE,), "link-proposed", NORMAL, LINKS),
    Rule("discovery.proposal.reminded", (OTHER_SIDE,), "link-waits", NORMAL, LINKS),
    Rule("discovery.proposal.accepted", (OTHER_SIDE,), "link-accepted", NORMAL, LINKS),
    Rule("discovery.proposal.refused", (OTHER_SIDE,), "link-refused", NORMAL, LINKS),
    Rule("discovery.proposal.lapsed", (OTHER_SIDE,), "link-lapsed", NORMAL, LINKS),
    Rule("discovery.proposal.withdrawn", (OTHER_SIDE,), "link-withdrawn", NORMAL, LINKS),
    Rule("discovery.link.accepted", (OTHER_SIDE,), "link-handed-on", NORMAL, LINKS, _handed_on),
    Rule("discovery.link.ended", (OTHER_SIDE,), "link-ended", NORMAL, LINKS),
    Rule("discovery.saved-search.matched", (THE_PERSON,),
         "saved-search-matched", UNHURRIED, LINKS),
)
# fmt: on

RULES: tuple[Rule, ...] = REGISTRY + SCHEDULING + DISCOVERY

# What is told of no event: a webhook that was given up.
WEBHOOK_DISABLED = Rule("", (OPERATORS,), "webhook-disabled", NORMAL, OPERATIONS)

# What is told of no event: a person whose address no longer works.
UNREACHABLE = Rule("", (CONVENERS,), "person-unreachable", NORMAL, ROLES)

# What is told of no event: what somebody writes to the conveners of a community, and the answer.
MESSAGE = Rule("", (CONVENERS,), "message", NORMAL, MESSAGES)
MESSAGE_ANSWERED = Rule("", (THE_PERSON, CONVENERS), "message-answered", NORMAL, MESSAGES)

# What the reminders' ledger sends: of no event, but of a time that has come.
REMINDER = Rule("", (COMING,), "session-reminder", NORMAL, REMINDERS)

# Deliberately silent: nobody is told, and why.
SILENT: Mapping[str, str] = {
    "registry.community.role-started": "the membership that began with it is told",
    "registry.community.role-ended": "the membership that ended with it is told",
    "registry.community.described": "a page that changed is read when it is looked at",
    "registry.community.network-joined": "a network sees it in its landscape",
    "registry.community.network-left": "a network sees it in its landscape",
    "registry.community.stage-changed": "the community said it of itself",
    "registry.community.succession-withdrawn": "community-reopened tells those whom it concerns",
    "registry.network.registered": "what happens in networks is told by their communities",
    "registry.network.described": "a name that changed is shown where it is read",
    "registry.organisation.registered": "nobody follows an organisation",
    "registry.organisation.described": "nobody follows an organisation",
    "registry.person.registered": "who was added is told when a role is given",
    "registry.person.links-renewed": "the person has just done it themselves",
    "registry.sign-in.completed": "the person has just done it themselves",
    "registry.sign-in.ended": "the person sees it where they are signed in",
    "registry.person.suspended": "nothing is sent to who is suspended; operators see it",
    "registry.person.restored": "the operator who restores somebody says so",
    "registry.account.bound": "the person has just done it themselves",
    "registry.account.unbound": "the person has just done it themselves",
    "registry.grant.given": "whoever gives a grant says so",
    "registry.grant.ended": "whoever ends a grant says so",
    "registry.person.erased": "nobody is told of an erasure; what is held is forgotten",
    "scheduling.programme.created": "what a plan is made by concerns the programme team alone",
    "scheduling.cohort.created": "it is announced when it opens, by the programme team",
    "scheduling.cohort.changed": "sessions that change tell it themselves",
    "scheduling.cohort.opened": "the programme team invites; telling everybody would be a flood",
    "scheduling.cohort.closed": "applicants hear of their decision",
    "scheduling.cohort.decided": "each decision is told to its applicant",
    "scheduling.cohort.started": "the first module's reminder tells it",
    "scheduling.cohort.finished": "who took part was there",
    "scheduling.application.started": "the applicant is doing it",
    "scheduling.application.answered": "the applicant is doing it",
    "scheduling.application.sponsor-named": "sponsor-asked tells the sponsor",
    "scheduling.application.decision-made": "private until all decisions are released together",
    "scheduling.application.declined": "the applicant did it",
    "scheduling.application.withdrawn": "the applicant did it",
    "scheduling.application.forgotten": "nobody is told of an erasure",
    "scheduling.session.decision-settled": "nothing changes: the session goes on as it was planned",
    "scheduling.attendance.replied": "the person said it",
    "scheduling.attendance.recorded": "participants see it with what they still owe",
    "scheduling.attendance.role-removed": "the convener who takes a role back says so",
    "scheduling.attendance.materials-changed": "links are read at the session's page",
    "scheduling.attendance.reflection-added": "reflections are read where they are written",
    "scheduling.attendance.person-forgotten": "nobody is told of an erasure",
    "discovery.saved-search.made": "the person did it",
    "discovery.saved-search.removed": "the person did it, or was erased",
    "scheduling.calendar.link-renewed": "the person asked for it and was answered",
    "registry.platform.epoch-raised": "it is for those who follow the feed, not for people",
    "scheduling.platform.epoch-raised": "it is for those who follow the feed, not for people",
    "discovery.platform.epoch-raised": "it is for those who follow the feed, not for people",
    "discovery.feedback.given": "what a community finds useful is its own affair",
    "discovery.feedback.taken-back": "what a community finds useful is its own affair",
}


def rules_of(event_type: str) -> tuple[Rule, ...]:
    return _BY_EVENT.get(event_type, ())


def longest_age(message: str) -> timedelta:
    """For how long after what it tells of a message is still worth sending."""
    return _AGES.get(message, LONGEST_AGE)


_AGES = {rule.message: rule.longest_age for rule in RULES}
_BY_EVENT: dict[str, tuple[Rule, ...]] = {}
for _rule in RULES:
    _BY_EVENT[_rule.event] = (*_BY_EVENT.get(_rule.event, ()), _rule)
