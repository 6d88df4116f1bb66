"""What the participants of a cohort have done and still owe, all of them in a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.scheduling import queries
from services.scheduling.domain.commitment import Held, Record, record
from services.scheduling.domain.programme import Rules
from services.scheduling.domain.session import MEETING
from services.scheduling.projections.own import SESSIONS
from services.scheduling.queries import Found
from shared.connection import Connection
from shared.database import marks
from shared.projection.generations import FOLLOWED, OWN, active

Owned = dict[str, set[str]]


@dataclass(frozen=True)
class Participant:
    application: Found
    held: list[Held]
    record: Record

    @property
    def person(self) -> str:
        return str(self.application.state.about.person)


def participants(
    connection: Connection, cohort: str, rules: Rules, today: date, person: str | None = None
) -> list[Participant]:
    """All of a cohort, or one of them, each with their account."""
    accepted = queries.participants(connection, cohort)
    if person is not None:
        accepted = [a for a in accepted if a.state.about.person == person]
    sessions = queries.sessions_of_cohort(connection, cohort)
    days = [s.state.known.when.date for s in sessions]
    owned = _communities(connection, accepted)
    meetings = _meetings(connection, {c for cs in owned.values() for c in cs}, days)
    statuses = queries.statuses(connection, [s.id for s in (*sessions, *meetings)])
    found = []
    for application in accepted:
        who = application.state.about.person
        own = [m for m in meetings if owned[who].intersection(m.state.known.communities)]
        held = [_held(s, statuses.get((s.id, who))) for s in (*sessions, *own)]
        found.append(Participant(application, held, record(rules, held, today)))
    return found


def _communities(connection: Connection, accepted: Sequence[Found]) -> Owned:
    """The communities of each: the one of the application, and those where they have a role."""
    owned: Owned = {
        a.state.about.person: {a.state.community} if a.state.community else set() for a in accepted
    }
    people = list(owned)
    for start in range(0, len(people), 500):
        chunk = tuple(people[start : start + 500])
        rows = connection.exec_driver_sql(
            f"SELECT person, community FROM community_roles_{active(connection, FOLLOWED)}"
            f" WHERE person IN ({marks(connection, len(chunk))})",
            chunk,
        )
        for person, community in rows:
            owned[person].add(community)
    return owned


def _meetings(connection: Connection, communities: set[str], days: Sequence[date]) -> list[Found]:
    """The meetings of these communities in the cohort's time."""
    if not communities or not days:
        return []
    window = (min(days).isoformat(), max(days).isoformat())
    ids: list[str] = []
    ordered = sorted(communities)
    for start in range(0, len(ordered), 500):
        chunk = ordered[start : start + 500]
        rows = connection.exec_driver_sql(
            f"SELECT DISTINCT session FROM session_communities_{active(connection, OWN)}"
            f" WHERE community IN ({marks(connection, len(chunk))})"
            f" AND day >= {marks(connection, 1)} AND day <= {marks(connection, 1)}",
            (*chunk, *window),
        )
        ids += [row[0] for row in rows]
    ids = sorted(set(ids))
    found = [
        f
        for start in range(0, len(ids), 500)
        for f in queries.many(connection, SESSIONS, ids[start : start + 500])
    ]
    return [f for f in found if f.state.known.kind == MEETING]


def _held(found: Found, status: str | None) -> Held:
    known = found.state.known
    return Held(
        found.id,
        known.kind,
        known.number,
        known.title,
        known.when.date,
        known.modality,
        found.state.state,
        status,
    )


def shown(participant: Participant) -> dict[str, Any]:
    """As the API shows one."""
    r, state = participant.record, participant.application.state
    return {
        "person": participant.person,
        "application": participant.application.id,
        "community": state.community,
        "modules": {"done": r.modules.done, "of": r.modules.of},
        "webinars": {"done": r.webinars.done, "of": r.webinars.of},
        "celebration": {"done": r.celebration.done, "of": r.celebration.of},
        "community_meetings": {"done": r.community_meetings.done, "of": r.community_meetings.of},
        "days": r.days,
        "days_of": r.days_of,
        "missing": r.missing,
        "to_come": r.to_come,
        "complete": r.complete,
    }
