"""Whom a message is for: people by id, as the read models have them at this moment."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from services.notifications import preferences
from services.notifications.domain import rules
from services.notifications.projections.registry import COMMUNITIES
from services.notifications.projections.scheduling import ATTENDANCE
from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import load_rows

_CONVENING = ("convener", "co-convener")
_MOST_NEAR = 5000  # people: a region with more is told by its networks


class Subject(NamedTuple):
    """What an event is about: its stream, its data, and the communities concerned."""

    stream: str
    data: Mapping[str, Any]
    communities: Sequence[str]
    today: date


Resolve = Callable[[Connection, Subject], list[str]]


def people(connection: Connection, audiences: Sequence[str], subject: Subject) -> list[str]:
    """Everybody in any of these audiences, once, in a steady order."""
    found: dict[str, None] = {}
    for audience in audiences:
        found |= dict.fromkeys(_RESOLVE[audience](connection, subject))
    return list(found)


def _with_role(connection: Connection, subject: Subject, roles: Sequence[str]) -> list[str]:
    if not subject.communities:
        return []
    p, today = mark(connection), subject.today.isoformat()
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT person FROM community_people_{active(connection, FOLLOWED)}"
        f" WHERE community IN ({marks(connection, len(subject.communities))})"
        f" AND role IN ({marks(connection, len(roles))})"
        f" AND begins <= {p} AND (ends IS NULL OR ends > {p}) ORDER BY person",
        (*subject.communities, *roles, today, today),
    )
    return [row[0] for row in rows]


def _conveners(connection: Connection, subject: Subject) -> list[str]:
    return _with_role(connection, subject, _CONVENING)


def _other_side(connection: Connection, subject: Subject) -> list[str]:
    """Facts put the side that is told first."""
    told = subject.communities[:1] if subject.data.get("told") else subject.communities
    return _conveners(connection, subject._replace(communities=told))


def _other_conveners(connection: Connection, subject: Subject) -> list[str]:
    """Beside the one who begins or ends to convene; nobody where it is another role."""
    role = role_of(connection, subject.communities, subject.data)
    if role.get("role") not in _CONVENING:
        return []
    return [person for person in _conveners(connection, subject) if person != role["person"]]


def role_of(
    connection: Connection, communities: Sequence[str], data: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The role that an event begins or ends, with `person` and `role`; of the latter by its id."""
    if "role" in data or "role_id" not in data:
        return data
    held: dict[str, Mapping[str, Any]] = {}
    for row in load_rows(
        connection, COMMUNITIES, active(connection, FOLLOWED), communities
    ).values():
        held |= row["content"]["roles"]
    return held.get(data["role_id"], {})


def _members(connection: Connection, subject: Subject) -> list[str]:
    return _with_role(connection, subject, ("member",))


def _near(connection: Connection, subject: Subject) -> list[str]:
    """Conveners of open communities that share a network or the region with this one."""
    generation, p = active(connection, FOLLOWED), mark(connection)
    today = subject.today.isoformat()
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT held.person FROM community_people_{generation} AS held"
        f" JOIN communities_{generation} AS its ON its.id = held.community"
        f" WHERE its.state <> 'closed' AND its.id <> {p} AND held.role IN ({p}, {p})"
        f" AND held.begins <= {p} AND (held.ends IS NULL OR held.ends > {p})"
        f" AND (its.id IN (SELECT other.community FROM community_networks_{generation} AS other"
        f" WHERE other.network IN (SELECT network FROM community_networks_{generation}"
        f" WHERE community = {p}))"
        f" OR (its.region <> '' AND its.region = (SELECT region FROM communities_{generation}"
        f" WHERE id = {p}))) ORDER BY held.person LIMIT {_MOST_NEAR}",
        (subject.stream, *_CONVENING, today, today, subject.stream, subject.stream),
    )
    return [row[0] for row in rows]


def _network(connection: Connection, subject: Subject) -> list[str]:
    if not subject.communities:
        return []
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT network FROM community_networks_{active(connection, FOLLOWED)}"
        f" WHERE community IN ({marks(connection, len(subject.communities))})",
        tuple(subject.communities),
    )
    return preferences.contacts(connection, [row[0] for row in rows])


def _operators(connection: Connection, _subject: Subject) -> list[str]:
    return preferences.contacts(connection, ["operators"])


def _addressee(_connection: Connection, subject: Subject) -> list[str]:
    """The id of a sign-in or of a change of an address: the registry gives the address to write to
    while there is one."""
    return [subject.stream]


def _one_of_data(*path: str) -> Resolve:
    """The person whose id the event's data have at this path."""

    def resolve(_connection: Connection, subject: Subject) -> list[str]:
        found: Any = subject.data
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else None
        return [found] if isinstance(found, str) else []

    return resolve


def _attendees(connection: Connection, subject: Subject) -> list[str]:
    """Everybody whom a session concerns."""
    cohort = subject.data["session"].get("cohort")
    attending = _attendance(connection, subject.stream)
    left = _left(connection, cohort)
    return [
        *_participants(connection, cohort),
        *(p for p, reply in attending["replies"].items() if reply != "no" and p not in left),
        *attending["roles"],
        *_with_role(connection, subject, (*_CONVENING, "member")),
    ]


def _coming(connection: Connection, subject: Subject) -> list[str]:
    away = not_coming(connection, subject.stream)
    return [person for person in _attendees(connection, subject) if person not in away]


def not_coming(connection: Connection, session: str) -> set[str]:
    """Who said no, or whose apologies were recorded."""
    attendance = _attendance(connection, session)
    said_no = {person for person, reply in attendance["replies"].items() if reply == "no"}
    return said_no | set(attendance.get("apologies", ()))


def _participants(connection: Connection, cohort: str | None) -> list[str]:
    if cohort is None:
        return []
    rows = connection.exec_driver_sql(
        f"SELECT person FROM applications_{active(connection, FOLLOWED)}"
        f" WHERE cohort = {mark(connection)} AND accepted = 1 ORDER BY person",
        (cohort,),
    )
    return [row[0] for row in rows]


def _left(connection: Connection, cohort: str | None) -> set[str]:
    """Who has taken part in a cohort, or applied to, and does no longer: whatever they replied."""
    if cohort is None:
        return set()
    rows = connection.exec_driver_sql(
        f"SELECT person FROM applications_{active(connection, FOLLOWED)}"
        f" WHERE cohort = {mark(connection)} AND accepted = 0",
        (cohort,),
    )
    return {row[0] for row in rows} - set(_participants(connection, cohort))


def _attendance(connection: Connection, session: str) -> dict[str, Any]:
    generation = active(connection, FOLLOWED)
    row = load_rows(connection, ATTENDANCE, generation, [session]).get(session)
    return row["content"] if row else {"replies": {}, "roles": {}}


_RESOLVE: dict[str, Resolve] = {
    rules.CONVENERS: _conveners,
    rules.MEMBERS: _members,
    rules.OTHER_SIDE: _other_side,
    rules.OTHER_CONVENERS: _other_conveners,
    rules.NEAR: _near,
    rules.THE_PERSON: _one_of_data("person"),
    rules.NETWORK: _network,
    rules.OPERATORS: _operators,
    rules.ADDRESSEE: _addressee,
    rules.APPLICANT: _one_of_data("about", "person"),
    rules.SPONSOR: _one_of_data("sponsor"),
    rules.GUEST: _one_of_data("guest"),
    rules.ATTENDEES: _attendees,
    rules.COMING: _coming,
}
