"""A person who can no longer be reached: their communities' conveners hear of it, not why.

A convener hears of the first in a community at once, and of those of the day after as one.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from services.notifications import audiences, facts
from services.notifications.domain import rules
from services.notifications.domain.delivery import QUEUED, SUPPRESSED
from services.notifications.domain.preferences import Route
from services.notifications.memberships import communities_of
from services.notifications.telling import Occasion, queue, routed
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change
from shared.identifiers import derived_id
from shared.projection.generations import OWN, active
from shared.service import Service

_BETWEEN = timedelta(days=1)  # from one notice about a community to the next


def tell_conveners(service: Service, connection: Connection, person: str, now: datetime) -> None:
    """One message for each community that the person is in, in the caller's transaction."""
    changes: list[Change] = []
    for community, _ in communities_of(connection, person, now.date()):
        told = facts.of_communities(connection, [community]) | {"person": person}
        subject = audiences.Subject(community, told, [community], now.date())
        people = audiences.people(connection, rules.UNREACHABLE.audience, subject)
        others = [other for other in people if other != person]
        planned = routed(connection, rules.UNREACHABLE, [community], told, others, now)
        routes = {
            person: _with_others(connection, way, person, community)
            for person, way in planned.routes.items()
        }
        planned = replace(planned, routes=routes)
        if planned.routes:
            key = derived_id("unr", person, community, rfc3339(now))
            changes += queue(planned, Occasion(key, community, now), now)
    cause = Cause(correlation="bounces")
    service.streams.append(connection, changes, cause=cause, now=now)


def _with_others(connection: Connection, way: Route, convener: str, community: str) -> Route:
    """Together with what the convener is still to hear of this community's people, else a day
    after what they heard last.
    """
    p = mark(connection)
    last = connection.exec_driver_sql(
        f"SELECT planned_for, status FROM deliveries_{active(connection, OWN)}"
        f" WHERE person = {p} AND rule = {p} AND about = {p} AND status <> {p}"
        " ORDER BY planned_for DESC LIMIT 1",
        (convener, rules.UNREACHABLE.message, community, SUPPRESSED),
    ).first()
    if last is None or way.due is None:
        return way
    planned, status = parse_rfc3339(last[0]), last[1]
    together = planned if status == QUEUED else planned + _BETWEEN
    return replace(way, due=max(way.due, together))
