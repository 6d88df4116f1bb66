"""Scheduling, put together."""

from pathlib import Path

from services.scheduling import texts
from services.scheduling.api import (
    applicant,
    application_lists,
    applications,
    attendance,
    calendars,
    cohorts,
    communities,
    decisions,
    inbox,
    joining,
    participants,
    programmes,
    reflections,
    reply,
    session_states,
    sessions,
    sponsor,
)
from services.scheduling.applying import lapse_offers
from services.scheduling.authority import FINDERS, SchedulingAuthority
from services.scheduling.events import EVENT_TYPES
from services.scheduling.following import asks_for_decisions, takes_out_erased
from services.scheduling.holdings import holdings
from services.scheduling.passing_time import delete_old_words, move_cohorts_on, review_standings
from services.scheduling.projections.followed import FOLLOWED_PROJECTIONS
from services.scheduling.projections.own import OWN_PROJECTIONS
from shared.erasure import confirms_erasure
from shared.http import reads
from shared.link_renewals import follows_renewals
from shared.service import Service, authority
from shared.settings import Settings


def build(settings: Settings) -> Service:
    def get() -> Service:
        return service

    service = Service(
        name="scheduling",
        title="Programmes, cohorts, applications, sessions, calendars: when people meet.",
        settings=settings,
        types=EVENT_TYPES,
        migrations=Path(__file__).parent / "migrations",
        blueprints=[
            reads.blueprint(),
            programmes.blp,
            cohorts.blp,
            sessions.blp,
            session_states.blp,
            calendars.blp,
            application_lists.blp,
            applications.blp,
            decisions.blp,
            attendance.blp,
            reflections.blp,
            joining.blp,
            participants.blp,
            communities.blp,
            sponsor.blp,
            applicant.blp,
            reply.blp,
            inbox.blp,
        ],
        own=OWN_PROJECTIONS,
        followed=[*FOLLOWED_PROJECTIONS, *authority.PROJECTIONS],
        authority=SchedulingAuthority(FINDERS),
        follows=["registry", "discovery"],
        reactions=[
            takes_out_erased(get),
            confirms_erasure(lambda: service.streams, texts.forget),
            follows_renewals(),
            asks_for_decisions(get),
        ],
        passes=[move_cohorts_on, lapse_offers, review_standings, delete_old_words],
        holds=holdings,
    )
    return service
