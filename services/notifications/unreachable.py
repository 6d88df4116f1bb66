"""A person who can no longer be reached: their communities' conveners hear of it, not why."""

from datetime import datetime

from services.notifications import audiences, facts
from services.notifications.domain import rules
from services.notifications.memberships import communities_of
from services.notifications.telling import Occasion, queue, routed
from shared.clock import rfc3339
from shared.connection import Connection
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change
from shared.identifiers import derived_id
from shared.service import Service


def tell_conveners(service: Service, connection: Connection, person: str, now: datetime) -> None:
    """One message for each community that the person is in, in the caller's transaction."""
    changes: list[Change] = []
    for community, _ in communities_of(connection, person, now.date()):
        told = facts.of_communities(connection, [community]) | {"person": person}
        subject = audiences.Subject(community, told, [community], now.date())
        people = audiences.people(connection, rules.UNREACHABLE.audience, subject)
        others = [other for other in people if other != person]
        planned = routed(connection, rules.UNREACHABLE, [community], told, others, now)
        if planned.routes:
            key = derived_id("unr", person, community, rfc3339(now))
            changes += queue(planned, Occasion(key, community, now), now)
    cause = Cause(correlation="bounces")
    service.streams.append(connection, changes, cause=cause, now=now)
