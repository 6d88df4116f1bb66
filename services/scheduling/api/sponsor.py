"""The line manager's page: what is asked, and one button each to confirm or refuse."""

from flask import Response, request

from services.scheduling import known, queries, registry_client, texts
from services.scheduling.api import session_words
from services.scheduling.api.acting import only_the_team
from services.scheduling.api.answers import decided, handle, require
from services.scheduling.applying import check_not_erased
from services.scheduling.domain import application as a
from services.scheduling.domain import application_decisions as d
from services.scheduling.domain.application import Application
from services.scheduling.domain.session import PLANNED
from services.scheduling.events import APPLICATION
from services.scheduling.links import SPONSOR, signed_link
from services.scheduling.projections.own import APPLICATIONS, COHORTS, PROGRAMMES
from shared.connection import Connection
from shared.http import reads
from shared.http.policies import anyone, operator, policy, service_token, team_of
from shared.web import pages
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import Problem
from shared.web.pages import address

blp = Blueprint("sponsor", "sponsor", description="The line manager's page")
_pages = pages.Pages("services.scheduling")
_LONGEST = 2000
_ANSWERED = "The sponsor has confirmed, and is no longer known here: there is nothing more to ask."


@blp.get("/sponsor/<signed>")
@blp.doc(summary="What the line manager is asked, as a page; opening it changes nothing")
@policy(anyone)
def show(signed: str) -> Response:
    application, _ = _opened(signed)
    return _page(application)


@blp.post("/sponsor/<signed>")
@blp.doc(summary="Confirm or refuse the release: the form field `answer`, confirm or refuse")
@policy(anyone)
def answer(signed: str) -> Response:
    application, generation = _opened(signed)
    said = request.form.get("answer") or _answer_in_json()
    if said not in ("confirm", "refuse"):
        return _page(application, "Choose whether to confirm or to refuse.", status=422)
    reason = request.form.get("reason", "").strip()[:_LONGEST]

    def work(connection: Connection) -> None:
        command = d.SponsorReplies(said == "confirm", generation)
        before = require(connection, APPLICATIONS, application).state
        decided(check_not_erased, connection, before.about.person, before.sponsor)
        handle(connection, APPLICATION, application, command, named=False)
        if said == "refuse" and reason and before.sponsor_reply is None:
            words = {texts.SPONSOR_REASON: reason}
            person, now = before.about.person, service().clock.now()
            writer = before.sponsor
            texts.keep_answers(connection, application, person, words, now, writer=writer)

    problem = pages.done(work)
    thanks = "Thank you: the release is confirmed." if said == "confirm" else "Thank you."
    return _page(application, problem=problem, done=None if problem else thanks)


def _answer_in_json() -> object:
    """The field `answer` of a JSON object; None of any other body."""
    body = request.get_json(silent=True)
    return body.get("answer") if isinstance(body, dict) else None


def _opened(signed: str) -> tuple[str, int]:
    """The application and the link's generation. Raises Unusable."""
    link = pages.opened(SPONSOR, signed)
    with service().database.read() as connection:
        found = queries.one(connection, APPLICATIONS, link.subject)
        if found is None:
            raise pages.used_up()
        state: Application = found.state
        applicant = state.about.person if state.about else None
        gone = known.erased(connection, applicant, state.sponsor)
    if gone:
        raise pages.no_longer()
    pages.check_owner(*(link, SPONSOR, state.sponsor, applicant), own=state.generation, exact=True)
    if state.outcome == a.WITHDRAWN:
        raise pages.Unusable(
            "Nothing is asked of you any more", "The application was withdrawn.", 410
        )
    return link.subject, state.generation


def _page(
    application: str, problem: str | None = None, done: str | None = None, status: int = 409
) -> Response:
    with service().database.read() as connection:
        state: Application = require(connection, APPLICATIONS, application).state
        about = state.about
        if about is None:
            raise Problem(404, "There is no such application.")
        cohort = require(connection, COHORTS, about.cohort).state
        rules = require(connection, PROGRAMMES, cohort.programme).state.rules
        sessions = queries.sessions_of_cohort(connection, about.cohort)
    asked = [about.person, *([state.sponsor] if state.sponsor else [])]
    named = registry_client.names(service().settings, asked)
    shown = [
        {
            "name": session_words.name(f.state),
            "date": session_words.day(f.state.known.when),
            "time": session_words.hours(f.state.known.when),
        }
        for f in sessions
        if f.state.state == PLANNED
    ]
    return _pages(
        "sponsor",
        status if problem else 200,
        applicant=named.get(about.person, "your colleague"),
        owner=named.get(state.sponsor or ""),
        programme=cohort.programme_name,
        cohort=cohort.name,
        days=f"{rules.commitment.days:g}",
        sessions=shown,
        reply=state.sponsor_reply,
        problem=problem,
        done=done,
    )


@blp.get("/applications/<application>/sponsor-link")
@blp.doc(summary="The sponsor's present link, for when a message does not reach them")
@policy(team_of("application"), operator, service_token)
def link(application: str) -> Response:
    with service().database.read() as connection:
        state: Application = require(connection, APPLICATIONS, application).state
        if state.about is not None:
            only_the_team(connection, state.about.cohort)
        if not state.generation:
            raise Problem(409, "The sponsor is asked when the application is handed in.")
        decided(check_not_erased, connection, state.about.person if state.about else "")
        if known.erased(connection, state.sponsor):
            confirmed = state.sponsor_reply == a.CONFIRMED
            raise Problem(409, _ANSWERED if confirmed else d.SPONSOR_GONE)
        events = service().store.load(connection, application)
        asked = [e for e in events if e.type == "scheduling.application.sponsor-asked"]
        told: a.SponsorAsked = service().types.decode(asked[-1])
        signed = signed_link(
            *(connection, SPONSOR, application, told.sponsor, told.expires), own=told.generation
        )
    reads.record([told.sponsor], "the link by which you answer as a sponsor")
    return json_response({"url": address(f"sponsor/{signed}")}, private=True)
