"""What waits for a person here: see docs/scheduling.md for each type and what does it.

Nothing here depends on a decision before its release, but for the programme team, and nobody is
asked to decide in a cohort in which they have a part.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from services.scheduling import belonging, concerning, known, queries
from services.scheduling.api.application_views import as_applicants_see
from services.scheduling.domain import application as a
from services.scheduling.domain.attendance import ABSENT, APOLOGIES
from services.scheduling.domain.cohort import FINISHED, Cohort
from services.scheduling.domain.session import PLANNED, WEBINAR
from services.scheduling.domain.wall_clock import end_of_day
from services.scheduling.projections.own import APPLICATIONS, COHORTS, SESSIONS
from services.scheduling.queries import Found
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.http.inbox import Waiting
from shared.projection.generations import OWN, active
from shared.service.authority import granted

_AHEAD = timedelta(days=60)  # replies are asked for sessions so near
_BEHIND = timedelta(days=30)  # what a session leaves to do is asked for so long
_OPEN = (a.SUBMITTED, a.SPONSOR_CONFIRMED, a.DECIDED)


def waiting_for(connection: Connection, person: str, now: datetime) -> Iterator[Waiting]:
    """All of it, in a few queries, however much there is."""
    if known.unknown_people(connection, [person]):
        return
    where = f"person = {mark(connection)}"
    own = queries.select(connection, APPLICATIONS, where, (person,))
    yield from _of_applicant(connection, own, now)
    yield from _replies(connection, person, now)
    yield from _reflections(connection, person, own, now)
    yield from _of_team(connection, person, own, now)
    convened = known.convened_by(connection, [person], now.date())
    yield from _attendance(_unrecorded(connection, "community", convened, now))


# --- an applicant's own ---


def _of_applicant(connection: Connection, own: Sequence[Found], now: datetime) -> Iterator[Waiting]:
    cohorts = _cohorts(connection, own)
    gone = known.erased_of(connection, [f.state.sponsor for f in own if f.state.sponsor])
    going_on = [
        found
        for found in own
        if not (found.state.finished or found.state.forgotten)
        and cohorts[found.state.about.cohort].state != FINISHED
    ]
    for seen in as_applicants_see(connection, going_on):
        cohort, path = cohorts[seen.state.about.cohort], f"/applications/{seen.id}"
        title = _title(cohort)
        since = parse_rfc3339(seen.changed_at)
        if seen.state.offered:
            due = _end(seen.state.reply_by, cohort)
            if due is None or now < due:
                yield Waiting("offer", seen.id, title, since, f"{path}/acceptance", due)
        elif not seen.state.submitted:
            if seen.state.late or cohort.is_open(now):
                due = None if seen.state.late else _end(cohort.applications_close, cohort)
                since = parse_rfc3339(seen.began_at)
                yield Waiting("application-draft", seen.id, title, since, path, due)
        elif not seen.state.released and _needs_sponsor(seen.state, gone):
            yield Waiting("sponsor-needed", seen.id, title, since, path)


def _cohorts(connection: Connection, applications: Sequence[Found]) -> dict[str, Cohort]:
    ids = sorted({found.state.about.cohort for found in applications})
    return {found.id: found.state for found in queries.many(connection, COHORTS, ids)}


def _title(cohort: Cohort) -> str:
    return ", ".join(part for part in (cohort.programme_name, cohort.name) if part)


def _end(day: date | None, cohort: Cohort) -> datetime | None:
    return None if day is None else end_of_day(day, cohort.zone)


def _needs_sponsor(application: a.Application, gone: set[str]) -> bool:
    if application.sponsor_reply == a.CONFIRMED:
        return False
    return application.sponsor_reply == a.REFUSED or application.sponsor in gone


# --- sessions ahead and behind ---


def _replies(connection: Connection, person: str, now: datetime) -> Iterator[Waiting]:
    last = (now + _AHEAD).date().isoformat()
    conditions = [
        concerning.sessions_of(connection, person, now.date()),
        ("state = {p} AND day >= {p} AND day <= {p}", PLANNED, now.date().isoformat(), last),
    ]
    near = queries.matching(connection, SESSIONS, conditions)
    ahead = [found for found in near if found.state.known.when.begins() > now]
    parts = belonging.parts(connection, [(found, person) for found in ahead], now)
    for found in ahead:
        part, session = parts[found.id, person], found.state.known
        if part.is_concerned and person not in dict(part.attendance.replies):
            since, path = parse_rfc3339(found.began_at), f"/sessions/{found.id}/replies/{person}"
            yield Waiting("reply", found.id, session.title, since, path, session.when.begins())


def _reflections(
    connection: Connection, person: str, own: Sequence[Found], now: datetime
) -> Iterator[Waiting]:
    """Of the webinars of their cohorts, but those where they were not."""
    cohorts = [found.state.about.cohort for found in own if found.state.state == a.ACCEPTED]
    over = [f for f in _over(connection, "cohort", cohorts, now) if f.state.known.kind == WEBINAR]
    parts = belonging.parts(connection, [(found, person) for found in over], now)
    for found in over:
        there = parts[found.id, person].attendance
        reflected = any(who == person for _, who in there.reflections)
        if not reflected and there.status(person) not in (ABSENT, APOLOGIES):
            session, path = found.state.known, f"/sessions/{found.id}/reflections"
            yield Waiting("reflection", found.id, session.title, session.when.ends(), path)


def _attendance(sessions: Sequence[Found]) -> Iterator[Waiting]:
    for found in sessions:
        session, path = found.state.known, f"/sessions/{found.id}/attendance"
        yield Waiting("attendance", found.id, session.title, session.when.ends(), path)


def _unrecorded(
    connection: Connection, of: str, ids: Sequence[str], now: datetime
) -> Sequence[Found]:
    """The sessions that are over and of which nobody has recorded who came."""
    over = _over(connection, of, ids, now)
    recorded = {session for session, _ in queries.statuses(connection, [f.id for f in over])}
    return [found for found in over if found.id not in recorded]


def _over(connection: Connection, of: str, ids: Sequence[str], now: datetime) -> list[Found]:
    """The sessions of these cohorts, or of these communities alone, that were not long ago."""
    if not ids:
        return []
    p, those = mark(connection), marks(connection, len(ids))
    belong = f"cohort IN ({those})"
    if of == "community":
        belong = (
            f"cohort IS NULL AND id IN (SELECT session FROM"
            f" session_communities_{active(connection, OWN)} WHERE community IN ({those}))"
        )
    where = f"{belong} AND state = '{PLANNED}' AND day >= {p} AND day <= {p}"
    days = ((now - _BEHIND).date().isoformat(), now.date().isoformat())
    held = queries.select(connection, SESSIONS, where, (*ids, *days))
    return [found for found in held if found.state.known.when.ends() <= now]


# --- the programme team's ---


def _of_team(
    connection: Connection, person: str, own: Sequence[Found], now: datetime
) -> Iterator[Waiting]:
    cohorts = _of_programmes(connection, granted(connection, person, "programme-team"), now)
    own_part = {f.state.about.cohort for f in own if f.state.state != a.WITHDRAWN}
    theirs = {found.id: found.state for found in cohorts if found.id not in own_part}
    yield from _attendance(_unrecorded(connection, "cohort", list(theirs), now))
    going_on = [key for key, cohort in theirs.items() if cohort.state != FINISHED]
    for key, decided, number, since in _counted(connection, going_on):
        title, when = _title(theirs[key]), parse_rfc3339(since)
        if decided:
            told = f"{title}: {_number(number, 'decision')} to release"
            yield Waiting("release", key, told, when, f"/cohorts/{key}/release")
        else:
            told = f"{title}: {_number(number, 'application')} to decide"
            yield Waiting("decisions", key, told, when, f"/cohorts/{key}/applications")


def _of_programmes(
    connection: Connection, programmes: frozenset[str | None], now: datetime
) -> list[Found]:
    """Their cohorts that go on, or have finished not long ago; None stands for all programmes."""
    if not programmes:
        return []
    named = sorted(each for each in programmes if each is not None)
    where = f"(state <> '{FINISHED}' OR changed_at >= {mark(connection)})"
    if None in programmes:
        return queries.select(connection, COHORTS, where, (rfc3339(now - _BEHIND),))
    where += f" AND programme IN ({marks(connection, len(named))})"
    return queries.select(connection, COHORTS, where, (rfc3339(now - _BEHIND), *named))


class _Count(NamedTuple):
    cohort: str
    decided: bool
    number: int
    since: str


def _counted(connection: Connection, cohorts: Sequence[str]) -> list[_Count]:
    """How many applications wait for a decision, and how many decisions for their release."""
    if not cohorts:
        return []
    rows = connection.exec_driver_sql(
        "SELECT cohort, CASE WHEN state = 'decided' THEN 1 ELSE 0 END AS decided,"
        f" count(*), min(changed_at) FROM applications_{active(connection, OWN)}"
        f" WHERE cohort IN ({marks(connection, len(cohorts))})"
        f" AND state IN ({', '.join(repr(s) for s in _OPEN)}) GROUP BY 1, 2",
        tuple(cohorts),
    )
    return [_Count(row[0], bool(row[1]), row[2], row[3]) for row in rows]


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
