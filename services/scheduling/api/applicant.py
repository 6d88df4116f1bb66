"""The applicant's own page, by a signed link: fill in, hand in, accept, decline, withdraw."""

from typing import Any

from flask import Response, request
from marshmallow import ValidationError

from services.scheduling import known, queries, registry_client, texts
from services.scheduling.api import session_words
from services.scheduling.api.answers import decided, require
from services.scheduling.api.application_schemas import AnswersBody
from services.scheduling.api.applications import applying, check_community, with_changes
from services.scheduling.api.calendars import own_address
from services.scheduling.domain import application as a
from services.scheduling.domain.application import Application
from services.scheduling.domain.application_decisions import missing
from services.scheduling.domain.cohort import FINISHED
from services.scheduling.links import APPLICATION
from services.scheduling.projections.own import APPLICATIONS, COHORTS
from shared.connection import Connection
from shared.http.policies import anyone, policy
from shared.web import pages
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import Problem, flatten
from shared.web.pages import address
from shared.web.parameters import one_of, takes

_ASKED = ("declination", "withdrawal")  # what cannot be taken back
blp = Blueprint("applicant", "applicant", description="The applicant's page")
_pages = pages.Pages("services.scheduling")
_FACTS = {
    "eligibility": ("q_member", "leads", "plans_to_lead", "network_supported"),
    "priority": ("spans_professions", "spans_organisations"),
}
_DONE = {
    "save": "Saved.",
    "submission": "Your application is handed in.",
    "acceptance": "The place is yours.",
    "declination": "You have declined the place.",
    "withdrawal": "Your application is withdrawn.",
}


@blp.get("/application/<signed>")
@blp.doc(summary="The applicant's page; opening it changes nothing")
@policy(anyone)
@takes({"ask": one_of(*_ASKED)})
def show(signed: str) -> Response:
    """With `ask` it asks whether they are sure, with a button that does it."""
    application = _opened(signed)
    step = request.args.get("ask", "")
    return _ask(application, step) if step in _ASKED else _page(application)


@blp.post("/application/<signed>")
@blp.doc(summary="What the applicant does, by the form field `step`")
@policy(anyone)
def act(signed: str) -> Response:
    application = _opened(signed)
    step = request.form.get("step", "")
    if step not in _DONE:
        return _page(application, "Choose one of the buttons.")
    problem = _save(application) if step in ("save", "submission") else None
    if problem is None and step != "save":
        problem = pages.done(lambda connection: _step(connection, application, step))
    return _page(application, problem, None if problem else _DONE[step])


def _ask(application: str, step: str) -> Response:
    """Whether they mean it; the page as ever where there is nothing to take back any more."""
    with service().database.read() as connection:
        found = queries.one(connection, APPLICATIONS, application)
        if found is None:
            return _page(application)
        cohort = require(connection, COHORTS, found.state.about.cohort).state
    can_withdraw = found.state.outcome in (None, a.ACCEPTED)
    if not (found.state.offered if step == "declination" else can_withdraw):
        return _page(application)
    held = found.state.offered or found.state.outcome == a.ACCEPTED
    return _pages("sure", step=step, cohort=cohort.name, held=held)


def _opened(signed: str) -> str:
    """The application. Raises Unusable."""
    link = pages.opened(APPLICATION, signed)
    with service().database.read() as connection:
        found = queries.one(connection, APPLICATIONS, link.subject)
        if found is not None and known.erased(connection, found.state.about.person):
            raise pages.no_longer()
    if found is not None:
        pages.check_owner(link, APPLICATION, found.state.about.person)
    return link.subject


def _step(connection: Connection, application: str, step: str) -> None:
    do = applying(connection)
    if step == "submission":
        decided(do.submit, application, None)
    else:
        decided(do.place, application, step)


def _save(application: str) -> str | None:
    """Keep what the form says; what stood in the way, in words, or None."""

    def check(connection: Connection, wanted: dict[str, Any]) -> None:
        check_community(connection, wanted)
        decided(applying(connection).decide_answer, application, wanted)

    try:
        fields: dict[str, Any] = AnswersBody().load(_fields())
        fields = with_changes(application, fields, check)
    except ValidationError as error:
        said = flatten(error.messages)
        return "; ".join(f"{name} {reasons[0]}" for name, reasons in said.items())
    except Problem as problem:
        return problem.detail
    return pages.done(lambda connection: decided(applying(connection).answer, application, fields))


def _fields() -> dict[str, Any]:
    """What the form says, as the API would have it."""
    form = request.form
    fields: dict[str, Any] = {
        name: {fact: fact in form for fact in facts} | {"text": form.get(name, "")}
        for name, facts in _FACTS.items()
    }
    if "community" in form:
        fields["community"] = form["community"] or None
    if texts.COMMUNITY in form:
        fields[texts.COMMUNITY] = form[texts.COMMUNITY]
    if form.get("sponsor_name") or form.get("sponsor_email"):
        sponsor = {"name": form.get("sponsor_name", ""), "email": form.get("sponsor_email", "")}
        fields["sponsor"] = sponsor
    return fields


def _page(application: str, problem: str | None = None, done: str | None = None) -> Response:
    with service().database.read() as connection:
        found = queries.one(connection, APPLICATIONS, application)
        if found is None:
            return pages.message("There is no such application", "It may have been deleted.", 404)
        state: Application = a.as_its_applicant_knows(found.state)
        cohort = require(connection, COHORTS, found.state.about.cohort).state
        words = texts.answers(connection, application)
        place = queries.places_in_line(connection, [found]).get(application)
        sponsor_gone = known.erased(connection, state.sponsor)
        person, cohort_id = found.state.about.person, found.state.about.cohort
        sessions = [f.state for f in queries.sessions_of_cohort(connection, cohort_id)]
        accepted = state.outcome == a.ACCEPTED
        calendar = own_address(connection, person) if accepted else None
        own = known.communities_of(connection, person)
        communities = [
            {"id": c.id, "name": c.name}
            for c in known.communities(connection, own).values()
            if c.state != "closed"
        ]
        person = found.state.about.person
    finished = cohort.state == FINISHED
    return _pages(
        "application",
        422 if problem else 200,
        a=state,
        owner=registry_client.names(service().settings, [person]).get(person),
        **_said(state, words, mended=problem is not None),
        cohort=cohort.name,
        zone=cohort.zone,
        missing=[] if finished else missing(state, sponsor_gone=sponsor_gone),
        standing=_standing(state, place, finished=finished),
        offer=f"{state.reply_by.day} {state.reply_by:%B %Y}" if state.offered and state.reply_by
        else None,
        open=state.decision is None and state.outcome is None and not finished,
        can_withdraw=state.outcome in (None, a.ACCEPTED),
        communities=communities,
        dates=session_words.dates(sessions) if accepted or state.offered else [],
        calendar=calendar,
        cohort_calendar=address(f"cohorts/{cohort_id}/calendar.ics"),
        problem=problem,
        done=done,
    )  # fmt: skip


def _said(state: Application, words: dict[str, str], *, mended: bool) -> dict[str, Any]:
    """What the form shows: what is kept, or what was just sent and needs mending."""
    form = request.form
    if mended and form.get("step") in ("save", "submission"):
        return {
            "ticked": {fact: fact in form for facts in _FACTS.values() for fact in facts},
            "texts": {name: form.get(name, "") for name in texts.BY_THE_APPLICANT},
            "community": form.get("community"),
            "sponsor_name": form.get("sponsor_name", ""),
            "sponsor_email": form.get("sponsor_email", ""),
        }
    return {
        "ticked": {f: getattr(state.facts, f) for facts in _FACTS.values() for f in facts},
        "texts": {name: words.get(name, "") for name in texts.BY_THE_APPLICANT},
        "community": state.community,
        "sponsor_name": "",
        "sponsor_email": "",
    }


def _standing(state: Application, place: int | None, *, finished: bool) -> str:
    """Where it stands, in words; a decision that is not released is not told."""
    if state.outcome == a.ACCEPTED:
        return "You have accepted a place: you are a participant."
    if state.outcome is not None:
        return f"This application is {state.outcome}."
    if finished and (state.waiting or not state.released):
        return "The cohort has finished."
    if not state.released:
        return "It is handed in, and not decided yet." if state.submitted else "It is a draft."
    if state.waiting:
        return f"You are on the waiting list, at place {place}."
    return "You are offered a place." if state.offered else "No place could be offered to you."
