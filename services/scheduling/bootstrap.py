"""Scheduling, put together."""

from pathlib import Path

from services.scheduling import texts
from services.scheduling.api import calendars, cohorts, programmes, session_states, sessions
from services.scheduling.events import EVENT_TYPES
from services.scheduling.projections.followed import FOLLOWED_PROJECTIONS
from services.scheduling.projections.own import OWN_PROJECTIONS
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
        blueprints=[programmes.blp, cohorts.blp, sessions.blp, session_states.blp, calendars.blp],
        own=OWN_PROJECTIONS,
        followed=FOLLOWED_PROJECTIONS,
        follows=["registry", "discovery"],
        reactions=[confirms_erasure(streams, texts.forget)],
        holds=texts.held,
    )
    return service
