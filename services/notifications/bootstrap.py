"""Notifications, put together. So far it has what every service has: health, events, docs."""

from pathlib import Path

from shared.eventstore.codec import EventTypes
from shared.service import Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    return Service(
        name="notifications",
        title="Preferences, reminders, digests, email, webhooks: who hears of it.",
        settings=settings,
        types=EventTypes([]),
        migrations=Path(__file__).parent / "migrations",
    )
