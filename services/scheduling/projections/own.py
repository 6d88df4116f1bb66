"""What scheduling keeps of its own events, changed in the transaction that appends them."""

import msgspec

from services.scheduling.domain.application import Application
from services.scheduling.domain.attendance import Attendance
from services.scheduling.domain.cohort import Cohort
from services.scheduling.domain.programme import Programme
from services.scheduling.domain.rhythm import StandingChanged
from services.scheduling.domain.session import Session
from services.scheduling.events import (
    APPLICATION,
    ATTENDANCE,
    COHORT,
    EVENT_TYPES,
    PROGRAMME,
    SESSION,
)
from services.scheduling.projections.states import state_projection, types_of
from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.projection.projection import Child, Projection, Row


def _programme(_stream: str, programme: Programme) -> Row:
    return {"sort_name": programme.name.casefold()}


def _cohort(_stream: str, cohort: Cohort) -> Row:
    return {"programme": cohort.programme, "state": cohort.state}


def _session(_stream: str, session: Session) -> Row:
    known = session.known
    return {
        "day": known.when.date.isoformat(),
        "hour": known.when.start,
        "kind": known.kind,
        "state": session.state,
        "cohort": known.cohort,
        "series": known.series,
        "undecided": int(bool(session.undecided)),
    }


def _application(_stream: str, application: Application) -> Row:
    about = application.about
    return {
        "cohort": about.cohort if about else "",
        "person": about.person if about else "",
        "sponsor": application.sponsor,
        "community": application.community,
        "state": application.state,
        "reply_by": application.reply_by.isoformat() if application.reply_by else None,
    }


PROGRAMMES = state_projection("programmes", "programme", PROGRAMME, ("sort_name",), _programme)
COHORTS = state_projection("cohorts", "cohort", COHORT, ("programme", "state"), _cohort)
SESSIONS = state_projection(
    "sessions",
    "session",
    SESSION,
    ("day", "hour", "kind", "state", "cohort", "series", "undecided"),
    _session,
    [
        Child(
            "session_communities",
            ("session", "community", "day"),
            lambda row: [
                (row["id"], community, row["day"])
                for community in row["record"]["particulars"]["communities"]
            ],
        )
    ],
)
APPLICATIONS = state_projection(
    "applications",
    "application",
    APPLICATION,
    ("cohort", "person", "sponsor", "community", "state", "reply_by"),
    _application,
)


# --- attendance: found by its session; its people in a table of their own ---


def _attended(row: Row | None, event: Event) -> Row:
    before = msgspec.convert(row["record"], Attendance) if row else Attendance()
    happened = EVENT_TYPES.decode(event)
    state = ATTENDANCE.evolve(before, happened)
    at = rfc3339(event.time)
    return {
        "id": event.stream,
        "version": event.version,
        "began_at": row["began_at"] if row else at,
        "changed_at": at,
        "record": msgspec.to_builtins(state),
        "session": happened.about.session,
    }


def _people(row: Row) -> list[tuple[object, ...]]:
    a = msgspec.convert(row["record"], Attendance)
    replies, statuses, guests = dict(a.replies), dict(a.statuses), dict(a.guests)
    return [
        (
            *(row["id"], row["session"], person, replies.get(person)),
            *(int(person in a.coming), statuses.get(person), guests.get(person)),
        )
        for person in dict.fromkeys((*replies, *statuses, *guests))
    ]


def _roles(row: Row) -> list[tuple[object, ...]]:
    roles = row["record"]["roles"]
    return [(row["id"], row["session"], person, role) for person, role in roles]


ATTENDANCES = Projection(
    table="attendances",
    columns=("id", "version", "began_at", "changed_at", "record", "session"),
    types=types_of("attendance"),
    fold=_attended,
    json=frozenset({"record"}),
    children=(
        Child(
            "attendance_people",
            ("attendance", "session", "person", "reply", "coming", "status", "invited_by"),
            _people,
        ),
        Child("session_roles", ("attendance", "session", "person", "role"), _roles),
    ),
)


# --- small ones ---


def _standing(_row: Row | None, event: Event) -> Row:
    happened: StandingChanged = EVENT_TYPES.decode(event)
    return {
        "community": event.stream,
        "version": event.version,
        "changed_at": rfc3339(event.time),
        "standing": happened.standing,
    }


def _link(_row: Row | None, event: Event) -> Row:
    happened = EVENT_TYPES.decode(event)
    return {"id": event.stream, "person": happened.person, "generation": happened.generation}


STANDINGS = Projection(
    table="standings",
    columns=("community", "version", "changed_at", "standing"),
    types=types_of("community"),
    fold=_standing,
)
CALENDARS = Projection(
    table="calendars",
    columns=("id", "person", "generation"),
    types=types_of("calendar"),
    fold=_link,
)

OWN_PROJECTIONS = [
    PROGRAMMES,
    COHORTS,
    SESSIONS,
    APPLICATIONS,
    ATTENDANCES,
    STANDINGS,
    CALENDARS,
]
