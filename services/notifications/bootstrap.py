"""Notifications, put together."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from services.notifications import preferences, reminding, telling
from services.notifications.domain.rules import RULES
from services.notifications.events import EVENT_TYPES
from services.notifications.projections.deliveries import ANNOUNCEMENTS, DELIVERIES
from services.notifications.projections.registry import COMMUNITIES, NETWORKS
from services.notifications.projections.scheduling import APPLICATIONS, ATTENDANCE, SESSIONS
from shared.connection import Connection
from shared.erasure import confirms_erasure
from shared.eventstore.events import Cause, Event
from shared.eventstore.streams import Streams
from shared.projection.reactions import Reaction
from shared.service import Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    def streams() -> Streams:
        return service.streams

    def tell(connection: Connection, event: Event, cause: Cause, now: datetime) -> None:
        telling.tell(streams(), connection, event, cause, now)

    service = Service(
        name="notifications",
        title="Preferences, reminders, digests, email, webhooks: who hears of it.",
        settings=settings,
        types=EVENT_TYPES,
        migrations=Path(__file__).parent / "migrations",
        own=[DELIVERIES, ANNOUNCEMENTS],
        followed=[COMMUNITIES, NETWORKS, SESSIONS, ATTENDANCE, APPLICATIONS],
        follows=["registry", "scheduling"],
        reactions=[
            confirms_erasure(streams, preferences.forget),
            Reaction("tell", frozenset(r.event for r in RULES), tell, _wanted),
            Reaction("plan reminders", frozenset(SESSIONS.types), reminding.plan),
        ],
        passes=[reminding.remind_in_time],
        holds=_held,
    )
    return service


def _wanted(_connection: Connection, events: Sequence[Event]) -> Sequence[Event]:
    return [event for event in events if telling.asked_for(event)]


def _held(connection: Connection, person: str) -> dict[str, Any]:
    kept = preferences.of(connection, person)
    return {"preferences": preferences.document(kept.preferences)}
