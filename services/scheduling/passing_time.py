"""What time alone brings about: cohorts begin and finish, standings change, words are deleted."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import reduce

from services.scheduling import admitting, queries, texts
from services.scheduling.domain import application_decisions as d
from services.scheduling.domain.cohort import FINISHED, Cohort, PassTime
from services.scheduling.domain.rhythm import UNKNOWN, changed, rhythm
from services.scheduling.domain.session import MODULE, PLANNED
from services.scheduling.domain.wall_clock import today
from services.scheduling.events import APPLICATION, COHORT, EVENT_TYPES
from services.scheduling.projections.own import COHORTS
from shared.clock import parse_rfc3339
from shared.connection import Connection
from shared.database import mark, ordered_join
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change
from shared.projection.generations import OWN, active
from shared.service import Service


def _cause(what: str, now: datetime) -> Cause:
    return Cause(correlation=f"{what}-{now.date().isoformat()}")


def move_cohorts_on(service: Service, now: datetime) -> int:
    """Close, begin and finish the cohorts whose day has come. Returns how many changed.

    With a cohort that finishes, its open offers lapse.
    """
    with service.database.read() as connection:
        live = queries.select(connection, COHORTS, f"state <> '{FINISHED}'", ())
        due = [
            found.id for found in live if COHORT.decide(found.state, _time(connection, found, now))
        ]
    for cohort in due:
        with service.write() as connection:
            admitting.in_turn(connection, cohort)
            found = queries.many(connection, COHORTS, [cohort])[0]
            loaded = service.streams.load(connection, COHORT, cohort)
            events = COHORT.decide(loaded.state, _time(connection, found, now))
            after = reduce(COHORT.evolve, events, loaded.state)
            changes = [Change(cohort, loaded.version, events)]
            if after.state == FINISHED:
                applications = admitting.load(connection, service, cohort)
                changes += admitting.lapsed(applications, after, now)
            service.streams.append(
                connection,
                changes,
                cause=_cause("cohorts", now),
                now=now,
            )
    return len(due)


def _time(connection: Connection, found: queries.Found, now: datetime) -> PassTime:
    return _passage(found.state, queries.sessions_of_cohort(connection, found.id), now)


def present_state(cohort: Cohort, sessions: Sequence[queries.Found], now: datetime) -> str:
    """A cohort's state at this moment, also where `move_cohorts_on` has not come to it yet."""
    events = COHORT.decide(cohort, _passage(cohort, sessions, now))
    return str(reduce(COHORT.evolve, events, cohort).state)


def _passage(cohort: Cohort, sessions: Sequence[queries.Found], now: datetime) -> PassTime:
    planned = [s.state.known for s in sessions if s.state.state == PLANNED]
    first = min((k.when.date for k in planned if k.kind == MODULE), default=None)
    last = max((k.when.end_date for k in planned), default=None)
    return PassTime(now, today(now, cohort.zone), first, last)


# --- rhythm ---


def meetings(
    connection: Connection, communities: tuple[str, str] | None = None
) -> dict[str, list[date]]:
    """The days of each community's meetings that were or will be held.

    With `communities`, of those whose ids lie from one to the other alone.
    """
    n, p = active(connection, OWN), mark(connection)
    among = f" AND c.community BETWEEN {p} AND {p}" if communities else ""
    rows = connection.exec_driver_sql(
        f"SELECT c.community, c.day FROM session_communities_{n} AS c"
        f" {ordered_join(connection)} sessions_{n} AS s ON s.id = c.session"
        f" WHERE s.kind = 'community-meeting' AND s.state = '{PLANNED}'{among}",
        communities or (),
    )
    found: dict[str, list[date]] = {}
    for community, day in rows:
        found.setdefault(community, []).append(date.fromisoformat(day))
    return found


def review_standings(service: Service, now: datetime) -> int:
    """Say of each community whose standing changed how it is now. Returns how many."""
    day = now.date()
    with service.database.read() as connection:
        days = meetings(connection)
        before = queries.standings(connection)
    due = [
        community
        for community in sorted(before.keys() | days.keys())
        if changed(before.get(community, UNKNOWN), rhythm(days.get(community, ()), day))
    ]
    for community in due:
        with service.write() as connection:
            loaded = service.store.load(connection, community)
            was = EVENT_TYPES.decode(loaded[-1]).standing if loaded else UNKNOWN
            events = changed(was, rhythm(days.get(community, ()), day))
            service.streams.append(
                connection,
                [Change(community, len(loaded), events)],
                cause=_cause("standings", now),
                now=now,
            )
    return len(due)


# --- retention ---


def delete_old_words(service: Service, now: datetime) -> int:
    """Delete what people wrote, a while after their cohort has finished. Returns how many."""
    keep: timedelta = service.settings.application_retention
    with service.database.read() as connection:
        done = queries.select(connection, COHORTS, f"state = '{FINISHED}'", ())
        old = [f.id for f in done if parse_rfc3339(f.changed_at) + keep <= now]
        due = [
            a.id
            for cohort in old
            for a in queries.applications_of_cohort(connection, cohort)
            if not a.state.forgotten
        ]
    for application in due:
        with service.write() as connection:
            loaded = service.streams.load(connection, APPLICATION, application)
            events = APPLICATION.decide(loaded.state, d.Forget("retention"))
            service.streams.append(
                connection,
                [Change(application, loaded.version, events)],
                cause=_cause("retention", now),
                now=now,
            )
            texts.delete_answers(connection, application)
    service.database.leave_no_trace()  # also of what an erasure deleted
    return len(due)
