"""Scheduling, put together. So far it has what every service has."""

from pathlib import Path

from services.scheduling.events import EVENT_TYPES
from shared.erasure import confirms_erasure
from shared.eventstore.streams import Streams
from shared.service import Service
from shared.settings import Settings


def build(settings: Settings) -> Service:
    def streams() -> Streams:
        return service.streams

    service = Service(
        name="scheduling",
        title="Programmes, cohorts, applications, sessions, calendars: when people meet.",
        settings=settings,
        types=EVENT_TYPES,
        migrations=Path(__file__).parent / "migrations",
        follows=["registry"],
        reactions=[confirms_erasure(streams)],
    )
    return service
