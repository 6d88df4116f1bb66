"""Roles begin and end by the date alone: a timed pass tells where that leaves no convener."""

from datetime import datetime

from services.registry import queries
from services.registry.domain.decisions import ReviewConveners
from services.registry.events import COMMUNITY
from shared.eventstore.events import Cause
from shared.service import Service


def review_conveners(service: Service, now: datetime) -> int:
    """Say of each community whose convener's time began or ended what that changes."""
    today = now.date()
    with service.database.read() as connection:
        due = queries.communities_to_review(connection, today)
    cause = Cause(correlation=f"conveners-{today.isoformat()}")
    for community in due:
        with service.write() as connection:
            command = ReviewConveners(today)
            service.streams.handle(connection, COMMUNITY, community, command, cause=cause, now=now)
    return len(due)
