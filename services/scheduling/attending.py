"""Replies, attendance and what else is around a session: one at a time for each session."""

from datetime import datetime

from services.scheduling import queries
from services.scheduling.domain import attendance as at
from services.scheduling.domain.attendance import About, Attendance
from services.scheduling.domain.session import Session
from services.scheduling.events import ATTENDANCE
from services.scheduling.projections.own import SESSIONS
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


def guests_invited_at(
    connection: Connection, service: Service, session: str, by: str
) -> list[datetime]:
    """When a participant invited each guest to a session, those erased since among them."""
    return [
        event.time
        for event in service.store.load(connection, stream_of(session))
        if event.type == "scheduling.attendance.guest-invited"
        and service.types.decode(event).invited_by == by
    ]


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
