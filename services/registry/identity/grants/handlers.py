"""Giving and ending grants, within the caller's transaction."""

from datetime import datetime

from services.registry.identity.grants import decider, queries
from services.registry.identity.grants.decider import End, Give, Given, Grant
from shared.connection import Connection
from shared.database import lock_in_turn
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change, Decider, Loaded, Streams
from shared.identifiers import new_id

GRANT = Decider(Given(), decider.decide, decider.evolve)


def give(
    streams: Streams,
    connection: Connection,
    person: str,
    grant: Grant,
    scope: str | None,
    *,
    cause: Cause,
    now: datetime,
) -> tuple[str, bool]:
    """The grant's id, and whether it is new: what somebody was granted is not granted twice.

    Raises Refused.
    """
    lock_in_turn(connection, f"grants {person}")
    for row in queries.present(connection, person, str(grant)):
        if row.scope == scope:
            return row.id, False
    stream = new_id("grt")
    streams.handle(connection, GRANT, stream, Give(person, grant, scope), cause=cause, now=now)
    return stream, True


def end(
    streams: Streams,
    connection: Connection,
    grant: str,
    *,
    cause: Cause,
    now: datetime,
    expected: int | None = None,
) -> Loaded[Given]:
    """Ending one that has ended does nothing."""
    return streams.handle(connection, GRANT, grant, End(), cause=cause, now=now, expected=expected)


def endings(streams: Streams, connection: Connection, person: str) -> list[Change]:
    """What ending all grants of a person brings about, for who appends it together with more."""
    grants = [row.id for row in queries.present(connection, person)]
    return [
        Change(grant, found.version, decider.decide(found.state, End()))
        for grant, found in streams.load_many(connection, GRANT, grants).items()
    ]
