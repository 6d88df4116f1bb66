"""Notifications, put together. So far it has what every service has."""

from pathlib import Path

from shared.erasure import confirmed_type, confirms_erasure
from shared.eventstore.codec import EventTypes
from shared.eventstore.streams import Streams
from shared.service import Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    def streams() -> Streams:
        return service.streams

    service = Service(
        name="notifications",
        title="Preferences, reminders, digests, email, webhooks: who hears of it.",
        settings=settings,
        types=EventTypes([confirmed_type("notifications")]),
        migrations=Path(__file__).parent / "migrations",
        follows=["registry"],
        reactions=[confirms_erasure(streams)],
    )
    return service
