"""Who may do what in scheduling: what a request names, and whose it is.

A session with a cohort is the programme team's; one without is its communities'.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time

from services.scheduling import belonging, queries, texts
from services.scheduling.domain.application import Application
from services.scheduling.projections.own import APPLICATIONS, COHORTS, SESSIONS
from shared.connection import Connection
from shared.http.policies import Kind
from shared.service.authority import Finders, FollowedAuthority


class SchedulingAuthority(FollowedAuthority):
    """See `shared.http.policies.Authority`."""

    def holds(
        self, connection: Connection, kind: Kind, person: str, things: Collection[str], today: date
    ) -> bool:
        if kind is Kind.PARTICIPANT:
            return _takes_part(connection, person, things, today)
        if kind is Kind.TEAM:  # whose meetings are no cohort's have no programme team
            things = [thing for thing in things if not thing.startswith("ses_")]
            if not things:
                return False
        return super().holds(connection, kind, person, things, today)


def _takes_part(connection: Connection, person: str, things: Collection[str], today: date) -> bool:
    """In a cohort as one of its participants; in a session as whoever it concerns."""
    if not set(things).isdisjoint(queries.cohorts_of(connection, person)):
        return True
    now = datetime.combine(today, time(), UTC)
    asked = [(found, person) for found in queries.many(connection, SESSIONS, sorted(things))]
    return any(part.is_concerned for part in belonging.parts(connection, asked, now).values())


def _communities_of_session(connection: Connection, session: str) -> Sequence[str] | None:
    return _communities(queries.many(connection, SESSIONS, [session]))


def _communities_of_series(connection: Connection, series: str) -> Sequence[str] | None:
    return _communities(queries.sessions_of_series(connection, series))


def _communities(sessions: Sequence[queries.Found]) -> Sequence[str] | None:
    if not sessions:
        return None
    held = [found.state.known for found in sessions]
    return sorted({key for known in held if known.cohort is None for key in known.communities})


def _cohort_of_session(connection: Connection, session: str) -> Sequence[str] | None:
    """The session too: who takes part in it need not take part in a cohort."""
    found = _cohorts(queries.many(connection, SESSIONS, [session]))
    return None if found is None else [*found, session]


def _cohort_of_series(connection: Connection, series: str) -> Sequence[str] | None:
    return _cohorts(queries.sessions_of_series(connection, series))


def _cohorts(sessions: Sequence[queries.Found]) -> Sequence[str] | None:
    if not sessions:
        return None
    return sorted({found.state.known.cohort for found in sessions if found.state.known.cohort})


def _programme(connection: Connection, cohort: str) -> Sequence[str] | None:
    """A programme stands for its cohorts: who makes one names the programme alone."""
    if cohort.startswith("pgm_"):
        return [cohort]
    found = queries.one(connection, COHORTS, cohort)
    return None if found is None else [found.state.programme]


def _application(connection: Connection, application: str) -> Application | None:
    found = queries.one(connection, APPLICATIONS, application)
    return None if found is None else found.state


def _cohort_applied_to(connection: Connection, application: str) -> Sequence[str] | None:
    found = _application(connection, application)
    return None if found is None else [found.about.cohort] if found.about else []


def _applicant(connection: Connection, application: str) -> Sequence[str] | None:
    found = _application(connection, application)
    return None if found is None else [found.about.person] if found.about else []


def _who_reflected(connection: Connection, reflection: str) -> Sequence[str] | None:
    person = texts.who_reflected(connection, reflection)
    return None if person is None else [person]


def _itself(_connection: Connection, value: str) -> Sequence[str]:
    return [value]


FINDERS: Finders = {
    ("community", "session"): _communities_of_session,
    ("community", "series"): _communities_of_series,
    ("community", "communities"): _itself,
    ("cohort", "session"): _cohort_of_session,
    ("cohort", "series"): _cohort_of_series,
    ("cohort", "application"): _cohort_applied_to,
    ("cohort", "cohort"): _itself,
    ("cohort", "programme"): _itself,
    ("programme", "cohort"): _programme,
    ("person", "application"): _applicant,
    ("person", "reflection"): _who_reflected,
    ("person", "person"): _itself,
    ("person", "invited_by"): _itself,
}
