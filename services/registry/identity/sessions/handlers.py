"""Beginning and ending sessions, within the caller's transaction."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from services.registry.identity.sessions import queries
from services.registry.identity.sign_ins import decider
from services.registry.identity.sign_ins.decider import End, Reason, SignIn
from shared.connection import Connection
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change, Decider, Streams
from shared.service import Service

SIGN_IN = Decider(SignIn(), decider.decide, decider.evolve)
_SECRET_BYTES = 32
_AT_ONCE = 500


def start(connection: Connection, session: str, person: str, now: datetime) -> str:
    """Begin the session of a sign-in that was completed.

    Returns its secret, which is told to whom the session belongs, and kept nowhere.
    """
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    queries.insert(connection, session, person, secret, now)
    return secret


def end(
    streams: Streams,
    connection: Connection,
    sessions: Iterable[str],
    reason: Reason,
    *,
    cause: Cause,
    now: datetime,
) -> None:
    """End these; their tokens are refused here at once, elsewhere once the event has come."""
    changes = endings(streams, connection, sessions, reason)
    streams.append(connection, changes, cause=cause, now=now)
    queries.delete(connection, [change.stream for change in changes])


def endings(
    streams: Streams, connection: Connection, sessions: Iterable[str], reason: Reason
) -> list[Change]:
    """What ending these sessions brings about, for who appends it together with more."""
    return [
        Change(session, found.version, decider.decide(found.state, End(reason)))
        for session, found in streams.load_many(connection, SIGN_IN, list(sessions)).items()
    ]


def end_expired(service: Service, now: datetime) -> int:
    """A job: end the sessions whose time is over. Returns how many."""
    with service.write() as connection:
        due = [session.id for session in queries.expired(connection, now, _AT_ONCE)]
        cause = Cause(correlation=f"sessions-expired-{now.date().isoformat()}")
        end(service.streams, connection, due, Reason.EXPIRED, cause=cause, now=now)
    return len(due)
