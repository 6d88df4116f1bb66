"""What waits for a person: also the release that they are asked for as a sponsor, by its link."""

from collections.abc import Iterator
from datetime import datetime

from services.scheduling import queries
from services.scheduling.domain import application as a
from services.scheduling.links import SPONSOR, signed_link
from services.scheduling.projections.own import APPLICATIONS
from services.scheduling.waiting import waiting_for
from shared.connection import Connection
from shared.database import mark
from shared.http import inbox
from shared.http.inbox import Waiting
from shared.web.callers import caller
from shared.web.context import service

_ASKED = "scheduling.application.sponsor-asked"


def _waiting(connection: Connection, person: str, now: datetime) -> Iterator[Waiting]:
    yield from waiting_for(connection, person, now)
    if caller().person == person:  # whoever has a sponsor's link answers for them
        yield from _asked_as_sponsor(connection, person, now)


def _asked_as_sponsor(connection: Connection, person: str, now: datetime) -> Iterator[Waiting]:
    where = f"sponsor = {mark(connection)}"
    named = queries.select(connection, APPLICATIONS, where, (person,))
    asked = [
        found
        for found in named
        if found.state.generation
        and not (found.state.sponsor_reply or found.state.outcome or found.state.forgotten)
    ]
    streams = service().store.load_many(connection, [found.id for found in asked])
    for found in asked:
        event = [e for e in streams[found.id] if e.type == _ASKED][-1]
        told: a.SponsorAsked = service().types.decode(event)
        if told.sponsor == person and told.expires > now:
            path = f"/sponsor/{_link(connection, found.id, told)}"
            title = ", ".join(
                part for part in (told.programme_name, told.about.cohort_name) if part
            )
            yield Waiting("sponsor-request", found.id, title, event.time, path, told.expires)


def _link(connection: Connection, application: str, told: a.SponsorAsked) -> str:
    kept = (SPONSOR, application, told.sponsor, told.expires)
    return signed_link(connection, *kept, own=told.generation)


blp = inbox.blueprint(_waiting)
