"""Who may do what in scheduling, and a scheduling service with somebody of every kind.

`TABLE` is of a community's own meeting; what is otherwise at a cohort's session is `OF_A_COHORT`.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from werkzeug.test import TestResponse

from tests.applications import decide, open_cohort, submitted
from tests.authorisation.kinds import EVERYONE, OPERATORS, SIGNED_IN, Callers, Who
from tests.registry import OPERATOR, SERVICE, Caller
from tests.scheduling import Scheduling
from tests.signing import token

_CONVENING = frozenset({Who.CONVENER, Who.CO_CONVENER})
_OWN = frozenset({Who.SELF})
_TEAM = frozenset({Who.TEAM})
# For a person, the operator's token does as much as that person may: less than by itself.
_THEMSELVES = frozenset({Who.OPERATOR, Who.GRANTED_OPERATOR})
_OF_THE_MEETING = _CONVENING | {Who.MEMBER, Who.SELF}
_COHORTS = _TEAM | OPERATORS | {Who.SERVICE}

Rows = Mapping[tuple[str, str], Collection[Who]]

# Method and path, with the names of the world's things in it, to who may call it.
TABLE: Rows = {
    ("POST", "/programmes"): OPERATORS | {Who.SERVICE},
    ("GET", "/programmes"): EVERYONE,
    ("GET", "/programmes/<programme>"): EVERYONE,
    ("POST", "/programmes/<programme>/plan"): EVERYONE,
    ("POST", "/cohorts"): _COHORTS,
    ("GET", "/cohorts"): EVERYONE,
    ("GET", "/cohorts/<cohort>"): EVERYONE,
    ("PATCH", "/cohorts/<cohort>"): _TEAM | OPERATORS,
    ("GET", "/cohorts/<cohort>/history"): EVERYONE,
    ("POST", "/cohorts/<cohort>/opening"): _COHORTS,
    ("POST", "/cohorts/<cohort>/closing"): _TEAM | OPERATORS,
    ("POST", "/cohorts/<cohort>/applications"): _OWN | _TEAM | _THEMSELVES | {Who.SERVICE},
    ("GET", "/cohorts/<cohort>/applications"): SIGNED_IN | OPERATORS,
    ("POST", "/cohorts/<cohort>/release"): _COHORTS,
    ("GET", "/cohorts/<cohort>/participants"): _TEAM | OPERATORS,
    ("GET", "/cohorts/<cohort>/participants.csv"): _TEAM | OPERATORS,
    ("GET", "/cohorts/<cohort>/participants/<person>"): _OWN | _TEAM | _THEMSELVES,
    ("GET", "/cohorts/<cohort>/calendar.ics"): EVERYONE,
    ("GET", "/applications"): SIGNED_IN | OPERATORS,
    ("GET", "/applications/<application>"): _OWN | _TEAM | _THEMSELVES,
    ("PATCH", "/applications/<application>"): _OWN | _THEMSELVES,
    ("GET", "/applications/<application>/history"): _OWN | _TEAM | _THEMSELVES,
    ("PUT", "/applications/<application>/decision"): _COHORTS,
    ("POST", "/applications/<application>/submission"): (
        _OWN | _TEAM | _THEMSELVES | {Who.SERVICE}
    ),
    ("POST", "/applications/<application>/sponsor-request"): _OWN | _TEAM | _THEMSELVES,
    ("POST", "/applications/<application>/withdrawal"): _OWN | _THEMSELVES | {Who.SERVICE},
    ("POST", "/applications/<application>/acceptance"): _OWN | _THEMSELVES | {Who.SERVICE},
    ("POST", "/applications/<application>/declination"): _OWN | _THEMSELVES | {Who.SERVICE},
    ("POST", "/applications/<application>/link"): _OWN | _THEMSELVES,
    ("GET", "/applications/<application>/sponsor-link"): _COHORTS,
    ("GET", "/application/<signed>"): EVERYONE,
    ("POST", "/application/<signed>"): EVERYONE,
    ("GET", "/sponsor/<signed>"): EVERYONE,
    ("POST", "/sponsor/<signed>"): EVERYONE,
    ("POST", "/sessions"): _CONVENING | OPERATORS | {Who.SERVICE},
    ("GET", "/sessions"): EVERYONE,
    ("GET", "/sessions/<session>"): EVERYONE,
    ("PATCH", "/sessions/<session>"): _CONVENING | OPERATORS,
    ("GET", "/sessions/<session>/history"): EVERYONE,
    ("POST", "/sessions/<session>/postponement"): _CONVENING | OPERATORS | {Who.SERVICE},
    ("POST", "/sessions/<session>/cancellation"): _CONVENING | OPERATORS | {Who.SERVICE},
    ("POST", "/sessions/<session>/reinstatement"): _CONVENING | OPERATORS,
    ("PUT", "/sessions/<session>/replies/<person>"): _OWN | _THEMSELVES,
    ("GET", "/sessions/<session>/replies"): _CONVENING | OPERATORS,
    ("POST", "/sessions/<session>/replies/<person>/link"): _OWN | _THEMSELVES,
    ("PUT", "/sessions/<session>/attendance/<person>"): _CONVENING | OPERATORS | {Who.SERVICE},
    ("GET", "/sessions/<session>/attendance"): _CONVENING | OPERATORS,
    ("PUT", "/sessions/<session>/roles/<person>"): _CONVENING | OPERATORS,
    ("DELETE", "/sessions/<session>/roles/<person>/<any(facilitator, speaker):role>"): (
        _CONVENING | _OWN | OPERATORS
    ),
    ("GET", "/sessions/<session>/roles"): _OF_THE_MEETING | OPERATORS,
    ("PUT", "/sessions/<session>/materials"): _CONVENING | OPERATORS,
    ("GET", "/sessions/<session>/materials"): EVERYONE,
    ("POST", "/sessions/<session>/guests"): _OWN | _THEMSELVES,
    ("POST", "/sessions/<session>/reflections"): _OWN | _THEMSELVES,
    ("GET", "/sessions/<session>/reflections"): _OF_THE_MEETING | _THEMSELVES,
    ("DELETE", "/sessions/<session>/reflections/<reflection>"): _OWN | _THEMSELVES,
    ("GET", "/sessions/<session>/join-address"): _CONVENING | _OWN | _THEMSELVES,
    ("POST", "/sessions/reasons"): {Who.SERVICE},
    ("POST", "/sessions/join-addresses"): {Who.SERVICE},
    ("GET", "/series/<series>"): EVERYONE,
    ("PATCH", "/series/<series>"): _CONVENING | OPERATORS,
    ("GET", "/free-slots"): EVERYONE,
    ("GET", "/rhythm"): EVERYONE,
    ("GET", "/communities/<community>/rhythm"): EVERYONE,
    ("GET", "/communities/<community>/calendar.ics"): EVERYONE,
    ("GET", "/calendars/<signed>.ics"): EVERYONE,
    ("GET", "/people/<person>/calendar-link"): _OWN | _THEMSELVES,
    ("POST", "/people/<person>/calendar-link"): _OWN | _THEMSELVES,
    ("GET", "/people/<person>/inbox"): _OWN | _THEMSELVES,
    ("GET", "/reply/<signed>"): EVERYONE,
    ("POST", "/reply/<signed>"): EVERYONE,
    ("GET", "/guest/<signed>"): EVERYONE,
    ("POST", "/guest/<signed>"): EVERYONE,
}
# What is not as above where the session is a cohort's.
OF_A_COHORT: Rows = {
    key: (set(allowed) - _CONVENING - {Who.MEMBER}) | _TEAM
    for key, allowed in TABLE.items()
    if "<session>" in key[1] and set(allowed) & _CONVENING and set(allowed) != EVERYONE
} | {
    ("GET", "/sessions/<session>/roles"): _TEAM | OPERATORS | {Who.PARTICIPANT},
    ("GET", "/sessions/<session>/reflections"): _TEAM | _THEMSELVES | {Who.PARTICIPANT},
    ("GET", "/sessions/<session>/join-address"): _TEAM | _THEMSELVES | {Who.PARTICIPANT},
    ("POST", "/sessions/<session>/guests"): _OWN | _TEAM | _THEMSELVES,
    ("POST", "/sessions/<session>/replies/<person>/link"): _THEMSELVES,
}
_MEETING = {
    "kind": "community-meeting",
    "title": "We meet",
    "date": "2027-05-12",
    "start": "10:00",
    "end": "12:00",
}


class Asking(Caller):
    """A caller who sends, to what has a body that a policy reads, one about the world's things."""

    bodies: Mapping[tuple[str, str], Any] = {}
    restore: Callable[[], None]  # what has been deleted

    def ask(self, method: str, path: str, **asked: Any) -> TestResponse:
        if method == "DELETE":
            self.restore()
        if (method, path) in self.bodies:
            asked = {"json": self.bodies[method, path]} | asked
        return super().ask(method, path, **asked)


def _bodies(names: Mapping[str, str]) -> Mapping[tuple[str, str], Any]:
    person, at = names["person"], f"/sessions/{names['session']}"
    return {
        ("POST", "/cohorts"): {"programme": names["programme"], "name": "Next", "places": 3},
        ("POST", f"/cohorts/{names['cohort']}/applications"): {"person": person},
        ("POST", "/sessions"): _MEETING | {"communities": [names["community"]]},
        ("PUT", f"{at}/replies/{person}"): {"reply": "yes"},
        ("PUT", f"{at}/attendance/{person}"): {"status": "apologies"},
        ("PUT", f"{at}/roles/{person}"): {"role": "speaker"},
        ("POST", f"{at}/guests"): {"invited_by": person, "name": "Jo", "email": "jo@x.example"},
        ("POST", f"{at}/reflections"): {"person": person, "text": "Much"},
    }


def world(
    scheduling: Scheduling, *, session_of_cohort: bool = False
) -> tuple[dict[str, str], Callers]:
    """What the paths name, and a caller of every kind."""
    people = {who: scheduling.person(who.name) for who in SIGNED_IN | {Who.REVOKED, Who.EXPIRED}}
    for who in (Who.ERASED, Who.SUSPENDED):
        people[who] = scheduling.person(who.name)
    community, other = scheduling.community("Falls"), scheduling.community("Sleep")
    for who, (where, role) in {
        Who.MEMBER: (community, "member"),
        Who.SELF: (community, "member"),
        Who.CO_CONVENER: (community, "co-convener"),
        Who.CONVENER: (community, "convener"),
        Who.OTHER_CONVENER: (other, "convener"),
    }.items():
        scheduling.role(where, people[who], role)
    names = _things(scheduling, community, session_of_cohort=session_of_cohort)
    names["person"] = people[Who.SELF]
    scheduling.granted(people[Who.GRANTED_OPERATOR], "operator")
    scheduling.granted(people[Who.TEAM], "programme-team", names["programme"])
    scheduling.granted(people[Who.OTHER_TEAM], "programme-team", scheduling.programme())
    scheduling.granted(people[Who.LEAD], "network-lead", "net_00000000000000000001")
    scheduling.granted(people[Who.OTHER_LEAD], "network-lead", "net_00000000000000000002")
    _words(scheduling, names)
    revoked = "sin_00000000000000000001"
    scheduling.hears("registry.sign-in.ended", revoked)
    scheduling.hears("registry.person.erased", people[Who.ERASED])
    scheduling.hears("registry.person.suspended", people[Who.SUSPENDED])
    return names, _callers(scheduling, people, names, revoked)


def _things(scheduling: Scheduling, community: str, *, session_of_cohort: bool) -> dict[str, str]:
    programme = scheduling.programme()
    module = {"kind": "module", "number": 1, "date": "2027-02-01"}
    cohort = open_cohort(scheduling, programme=programme, sessions=[module])
    accepted = submitted(scheduling, cohort, Who.PARTICIPANT.name)
    decide(scheduling, accepted, "offer")
    scheduling.operator.done(f"/cohorts/{cohort}/release")
    scheduling.operator.done(f"/applications/{accepted}/acceptance")
    series = scheduling.meeting(community, repeat={"weeks": 4, "count": 2})
    of_cohort = scheduling.operator.get(f"/cohorts/{cohort}").json["sessions"][0]["id"]
    return {
        "programme": programme,
        "cohort": cohort,
        "application": submitted(scheduling, cohort, Who.SELF.name),
        "community": community,
        "series": series["series"],
        "session": of_cohort if session_of_cohort else scheduling.meeting(community)["id"],
        "signed": "no-link",
        "role": "speaker",
    }


def _words(scheduling: Scheduling, names: dict[str, str]) -> None:
    """The person has said that they come, and has reflected on what was."""
    at, person = f"/sessions/{names['session']}", names["person"]
    scheduling.operator.ask("PUT", f"{at}/replies/{person}", json={"reply": "yes"})
    names["reflection"] = "ref_00000000000000000001"
    _reflect(scheduling, names)


def _reflect(scheduling: Scheduling, names: dict[str, str]) -> None:
    with scheduling.service.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO reflections (id, session, person, text, at) VALUES"
            f" ('{names['reflection']}', '{names['session']}', '{names['person']}', 'x', 'y')"
            " ON CONFLICT DO NOTHING"
        )


def _callers(
    scheduling: Scheduling, people: Mapping[Who, str], names: dict[str, str], revoked: str
) -> Callers:
    app, service = scheduling.app, scheduling.service
    ten = timedelta(minutes=10)
    ended = {Who.ERASED, Who.SUSPENDED}
    callers = {who: Asking(app, token(service, people[who])) for who in SIGNED_IN | ended} | {
        Who.ANYONE: Asking(app, None),
        Who.OPERATOR: Asking(app, OPERATOR),
        Who.OPERATOR_FOR: Asking(app, OPERATOR, people[Who.STRANGER]),
        Who.SERVICE: Asking(app, SERVICE),
        Who.EXPIRED: Asking(app, token(service, people[Who.EXPIRED], asked=ten)),
        Who.REVOKED: Asking(app, token(service, people[Who.REVOKED], revoked)),
    }
    for caller in callers.values():
        caller.bodies = _bodies(names)
        caller.restore = partial(_reflect, scheduling, names)
    return callers
