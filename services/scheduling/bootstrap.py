"""Scheduling, put together. So far it has what every service has: health, events, docs."""

from pathlib import Path

from shared.eventstore.codec import EventTypes
from shared.service import Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    return Service(
        name="scheduling",
        title="Programmes, cohorts, applications, sessions, calendars: when people meet.",
        settings=settings,
        types=EventTypes([]),
        migrations=Path(__file__).parent / "migrations",
    )
