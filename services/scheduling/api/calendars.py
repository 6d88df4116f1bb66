"""Calendar feeds: of a cohort, of a community, and a person's own."""

import gzip
from collections.abc import Mapping
from datetime import date, timedelta

from flask import Response, request

from services.scheduling import belonging, known
from services.scheduling.api.acting import only_oneself
from services.scheduling.api.answers import require
from services.scheduling.calendars import subscriptions
from services.scheduling.calendars.feed import Feed, calendar
from services.scheduling.calendars.subscriptions import Versions
from services.scheduling.domain.calendar import RenewLink
from services.scheduling.events import CALENDAR
from services.scheduling.links import CALENDAR as CALENDAR_LINK
from services.scheduling.links import read, signed_link
from services.scheduling.projections.own import COHORTS
from services.scheduling.queries import calendar_generation
from shared import link_renewals
from shared.connection import Connection
from shared.erasure import erased_among
from shared.eventstore.streams import Change
from shared.http import reads
from shared.http.policies import anyone, operator, policy, self_
from shared.identifiers import derived_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.changing import append, changing
from shared.web.commands import Answer
from shared.web.context import service
from shared.web.errors import Problem, not_found
from shared.web.pages import address

blp = Blueprint("calendars", "calendars", description="Calendars to subscribe to")
_LEAST_TO_COMPRESS = 1000  # bytes
_WORKS = timedelta(days=3 * 365)


@blp.get("/cohorts/<cohort>/calendar.ics")
@blp.doc(summary="The sessions of a cohort as a calendar")
@policy(anyone)
def of_cohort(cohort: str) -> Response:
    with service().database.read() as connection:
        state = require(connection, COHORTS, cohort).state
        versions = subscriptions.of_cohort(connection, cohort)
        said = f"The sessions of {state.name}, {state.programme_name}"
        return _answer(connection, state.name, said, versions)


@blp.get("/communities/<community>/calendar.ics")
@blp.doc(summary="The sessions of a community as a calendar")
@policy(anyone)
def of_community(community: str) -> Response:
    with service().database.read() as connection:
        found = known.communities(connection, [community]).get(community)
        if found is None:
            raise not_found(
                f"This service knows no community {community}. If it was registered a moment ago,"
                " it may still be on its way."
            )
        versions = subscriptions.of_community(connection, community, _today())
        return _answer(connection, found.name, f"The sessions of {found.name}", versions)


@blp.get("/calendars/<signed>.ics")
@blp.doc(summary="A person's own calendar, at its secret address")
@policy(anyone)
def own(signed: str) -> Response:
    gone = not_found("There is no calendar at this address; its owner may have made a new one.")
    link = read(CALENDAR_LINK, signed, gone)
    person = link.subject
    with service().database.read() as connection:
        if known.erased(connection, person) or erased_among(connection, "scheduling", [person]):
            raise Problem(410, "The person whose calendar this was is no longer known here.")
        own = calendar_generation(connection, derived_id("cal", person))
        renewals = link_renewals.of(connection, person)
        present = link_renewals.generation(renewals, CALENDAR_LINK, own)
        if link.generation != present or known.unknown_people(connection, [person]):
            raise gone
        versions = subscriptions.of_person(connection, person, _today())
        asked = [(session, person) for session, _ in versions]
        told = belonging.join_addresses(connection, asked, service().clock.now())
        addresses = {session: address for (session, _), address in told.items()}
        said = "What I take part in"
        return _answer(connection, "My sessions", said, versions, addresses, secret=True)


def _answer(
    connection: Connection,
    name: str,
    description: str,
    versions: Versions,
    addresses: Mapping[str, str] | None = None,
    *,
    secret: bool = False,
) -> Response:
    """The feed; or 304, for which nothing of it is built."""
    known_addresses = addresses or {}
    mark = subscriptions.etag(versions, name, sorted(known_addresses))
    response = Response(content_type="text/calendar; charset=utf-8")
    response.set_etag(mark, weak=True)
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "no-store" if secret else "no-cache"
    if request.if_none_match.contains_weak(mark):
        response.status_code = 304
        return response
    sessions = subscriptions.sessions(connection, versions)
    body = calendar(Feed(name, description, sessions, known_addresses))
    if len(body) >= _LEAST_TO_COMPRESS and request.accept_encodings["gzip"]:
        body = gzip.compress(body, 5, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.set_data(body)
    return response


@blp.post("/people/<person>/calendar-link")
@blp.doc(summary="Make the address of a person's own calendar anew; the old one leads nowhere")
@policy(self_(), operator)
@blp.alt_response(201, description="The new address")
def renew(person: str) -> Response:

    def work(connection: Connection) -> Answer:
        only_their_own(connection, person)
        _require_person(connection, person)
        stream = derived_id("cal", person)
        loaded = service().streams.load(connection, CALENDAR, stream)
        events = CALENDAR.decide(loaded.state, RenewLink(person))
        append(connection, [Change(stream, loaded.version, events)])
        url = _url(connection, person, events[0].generation)
        return Answer({"person": person, "url": url}, 201, None, url)

    return changing(work)


@blp.get("/people/<person>/calendar-link")
@blp.doc(summary="The present address of a person's own calendar")
@policy(self_(), operator)
def present(person: str) -> Response:
    with service().database.read() as connection:
        only_their_own(connection, person)
        _require_person(connection, person)
        generation = calendar_generation(connection, derived_id("cal", person))
        if not generation:
            raise not_found("This person has no calendar yet. POST makes one.")
        url = _url(connection, person, generation)
    reads.record([person], "the address of your calendar")
    return json_response({"person": person, "url": url}, private=True)


def only_their_own(connection: Connection, person: str) -> None:
    """Raises Problem 403: whoever has the address reads where its owner joins online."""
    only_oneself(connection, person, "The address of a calendar is for its owner.")


def own_address(connection: Connection, person: str) -> str | None:
    """The address of a person's own calendar; None where they have none yet."""
    generation = calendar_generation(connection, derived_id("cal", person))
    return _url(connection, person, generation) if generation else None


def _url(connection: Connection, person: str, own: int) -> str:
    """It lasts from when it was made: whoever asks for it again gets the same one."""
    made = service().store.load(connection, derived_id("cal", person))[-1].time
    link = signed_link(connection, CALENDAR_LINK, person, person, made + _WORKS, own=own)
    return address(f"calendars/{link}.ics")


def _require_person(connection: Connection, person: str) -> None:
    if known.unknown_people(connection, [person]):
        raise not_found(f"This service knows no person {person}.")


def _today() -> date:
    return service().clock.now().date()
