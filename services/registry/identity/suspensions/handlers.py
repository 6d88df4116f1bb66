"""Suspending a person and restoring them, within the caller's transaction."""

from datetime import datetime

from services.registry import people
from services.registry.domain.person import RestorePerson, SuspendPerson
from services.registry.domain.person import decide as decide_person
from services.registry.events import PERSON
from services.registry.identity.sessions import handlers as sessions
from services.registry.identity.sessions import queries as session_queries
from services.registry.identity.sign_ins.decider import Reason
from services.registry.identity.suspensions import queries
from services.registry.identity.suspensions.queries import Suspension
from shared.clock import rfc3339
from shared.connection import Connection
from shared.eventstore.events import BY_SERVICE, Cause
from shared.eventstore.streams import Change, Streams
from shared.link_renewals import PURPOSES


def suspend(
    streams: Streams,
    connection: Connection,
    person: str,
    reason: str,
    *,
    cause: Cause,
    now: datetime,
) -> Suspension:
    """Sign the person out everywhere, and let them sign in no more; nothing is sent to them, and
    links that they have stop.

    One who is suspended stays so, for the first reason. Raises Refused.
    """
    people.keep_others_out(connection, person)
    if (found := queries.by_person(connection, person)) is not None:
        return found
    loaded = streams.load(connection, PERSON, person)
    changes = [Change(person, loaded.version, decide_person(loaded.state, SuspendPerson(PURPOSES)))]
    theirs = [session.id for session in session_queries.of_person(connection, person)]
    changes += sessions.endings(streams, connection, theirs, Reason.SUSPENDED)
    streams.append(connection, changes, cause=cause, now=now)
    session_queries.delete(connection, theirs)
    suspension = Suspension(person, reason, cause.actor, cause.via or BY_SERVICE, rfc3339(now))
    queries.insert(connection, suspension)
    return suspension


def restore(
    streams: Streams, connection: Connection, person: str, *, cause: Cause, now: datetime
) -> None:
    """They may sign in again. Restoring one who is not suspended does nothing. Raises Refused."""
    people.keep_others_out(connection, person)
    streams.handle(connection, PERSON, person, RestorePerson(), cause=cause, now=now)
    queries.delete(connection, person)
