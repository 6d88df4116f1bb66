"""Replies, attendance and what else is around a session: one at a time for each session."""

from collections.abc import Iterable

from services.scheduling import queries, texts
from services.scheduling.domain import attendance as at
from services.scheduling.domain.application import ACCEPTED
from services.scheduling.domain.attendance import About, Attendance
from services.scheduling.domain.session import IN_PERSON, PLANNED, Session
from services.scheduling.events import ATTENDANCE
from services.scheduling.projections.own import APPLICATIONS, ATTENDANCES, SESSIONS
from shared.connection import Connection
from shared.database import lock_in_turn, mark
from shared.eventstore.streams import Change, Loaded
from shared.identifiers import derived_id
from shared.projection.generations import OWN, active
from shared.service import Service


def stream_of(session: str) -> str:
    """The stream of who comes to a session."""
    return derived_id("att", session)


def load(connection: Connection, service: Service, session: str) -> Loaded[Attendance]:
    """With all others kept out until the transaction ends."""
    lock_in_turn(connection, f"attendance of {session}")
    return service.streams.load(connection, ATTENDANCE, stream_of(session))


def about(session: str, state: Session) -> About:
    known = state.known
    return About(session, known.kind, known.title, known.when, known.cohort, known.communities)


def change(session: str, loaded: Loaded[Attendance], command: at.Command) -> Change:
    """Raises Refused."""
    return Change(stream_of(session), loaded.version, at.decide(loaded.state, command))


def is_part(connection: Connection, session: queries.Found, person: str) -> bool:
    """Whether a person may know what is for those who come: participants, roles, who said yes."""
    attendance = queries.attendance_of(connection, session.id)
    if person in attendance.coming or any(p == person for p, _ in attendance.roles):
        return True
    cohort = session.state.known.cohort
    return cohort is not None and cohort in queries.cohorts_of(connection, person)


def may_join(connection: Connection, session: queries.Found, person: str) -> bool:
    """Whether a person is told where to join: not one who said no or maybe, or still waits."""
    cohort = session.state.known.cohort
    participant = cohort is not None and cohort in queries.cohorts_of(connection, person)
    return _comes(queries.attendance_of(connection, session.id), person, participant)


def _comes(attendance: Attendance, person: str, participant: bool) -> bool:
    if person in attendance.coming or any(p == person for p, _ in attendance.roles):
        return True
    return participant and person not in dict(attendance.replies)


def join_addresses(
    connection: Connection, asked: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Where people join, of those of these sessions and people where they come, and online."""
    wanted = list(dict.fromkeys(asked))
    ids = sorted({session for session, _ in wanted})
    addresses = texts.join_addresses(connection, ids)
    held = {
        found.id: found.state.known
        for found in queries.all_of(connection, SESSIONS, "id", sorted(addresses))
        if found.state.state == PLANNED and found.state.known.modality != IN_PERSON
    }
    cohorts = sorted({known.cohort for known in held.values() if known.cohort})
    accepted = {
        (found.state.about.cohort, found.state.about.person)
        for found in queries.all_of(connection, APPLICATIONS, "cohort", cohorts)
        if found.state.state == ACCEPTED
    }
    streams = {stream_of(session): session for session in held}
    attendances = {
        streams[found.id]: found.state
        for found in queries.all_of(connection, ATTENDANCES, "id", sorted(streams))
    }
    return {
        (session, person): addresses[session]
        for session, person in wanted
        if session in held
        and _comes(
            attendances.get(session, Attendance()),
            person,
            (held[session].cohort, person) in accepted,
        )
    }


def changes_of_forgetting(service: Service, connection: Connection, person: str) -> list[Change]:
    """Take an erased person out of every session; records of who came stay, by an empty id."""
    sessions = _sessions_with(connection, person)
    found = {f.id: f for f in queries.many(connection, SESSIONS, sessions)} if sessions else {}
    loaded = {key: load(connection, service, key) for key in sorted(found)}
    changes = []
    for key, attendance in loaded.items():
        capacity = found[key].state.known.capacity
        command = at.ForgetPerson(about(key, found[key].state), person, capacity)
        changes.append(change(key, attendance, command))
    return changes


def _sessions_with(connection: Connection, person: str) -> list[str]:
    n, p = active(connection, OWN), mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT session FROM attendance_people_{n} WHERE person = {p} AND reply IS NOT NULL"
        f" UNION SELECT session FROM attendance_people_{n} WHERE person = {p}"
        f" AND invited_by IS NOT NULL"
        f" UNION SELECT session FROM session_roles_{n} WHERE person = {p}",
        (person, person, person),
    )
    return [row[0] for row in rows]
