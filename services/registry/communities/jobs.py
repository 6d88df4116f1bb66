"""Scheduled work on communities."""

from datetime import datetime

from services.registry.domain import community as c
from services.registry.events import EVENT_TYPES, membership_stream
from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import COPIED, Cause, Event
from shared.eventstore.streams import Change
from shared.service import Service

_ROLE_TYPES = ("registry.community.role-started", "registry.community.role-ended")
_AT_ONCE = 100


def copy_roles(service: Service, now: datetime) -> int:
    """Copy roles of the past from the public streams of communities to their internal ones.

    Until 0.2 everyone was told who holds a role. Those events keep their places, but are shown
    without people; other services learn of the roles from the copies. To be repeated, because a
    release that is being replaced may still write such events. Returns how many were copied.
    """
    copied = 0
    while True:
        with service.database.read() as connection:
            due = _communities_to_copy(connection)
        for community in due:
            with service.write() as connection:
                copied += _copy(service, connection, community, now)
        if len(due) < _AT_ONCE:
            return copied


def _communities_to_copy(connection: Connection) -> list[str]:
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT stream_id FROM events LEFT JOIN copied_roles ON community = stream_id"
        f" WHERE type IN ({marks(connection, 2)}) AND version > coalesce(copied_roles.upto, 0)"
        f" ORDER BY stream_id LIMIT {_AT_ONCE}",
        _ROLE_TYPES,
    )
    return [row[0] for row in rows]


def _copy(service: Service, connection: Connection, community: str, now: datetime) -> int:
    """Each with the cause and actor of the original, marked as a copy: nobody is told of it."""
    service.streams.take_turn(connection, community)
    p = mark(connection)
    known = connection.exec_driver_sql(
        f"SELECT upto FROM copied_roles WHERE community = {p}", (community,)
    ).first()
    upto = known[0] if known else 0
    events = [
        event
        for event in service.store.load(connection, community)
        if event.type in _ROLE_TYPES and event.version > upto
    ]
    stream = membership_stream(community)
    version = len(service.store.load(connection, stream))
    for event in events:
        cause = Cause(event.correlation, event.causation, event.actor, COPIED, event.via)
        change = Change(stream, version, [_as_membership(community, event)])
        service.streams.append(connection, [change], cause=cause, now=now)
        version += 1
    if events:
        connection.exec_driver_sql(
            f"INSERT INTO copied_roles (community, upto) VALUES ({p}, {p})"
            " ON CONFLICT (community) DO UPDATE SET upto = excluded.upto",
            (community, events[-1].version),
        )
    return len(events)


def _as_membership(community: str, event: Event) -> c.MembershipStarted | c.MembershipEnded:
    happened = EVENT_TYPES.decode(event)
    if isinstance(happened, c.RoleStarted):
        return c.MembershipStarted(
            community,
            happened.role_id,
            happened.person,
            happened.role,
            happened.begins,
            happened.ends,
        )
    return c.MembershipEnded(community, happened.role_id, happened.ends)
