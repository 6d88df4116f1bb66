"""Applications, as the team and an applicant with a token use them."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Response, request

from services.scheduling import documents, known, queries, registry_client, texts
from services.scheduling.api import session_fields
from services.scheduling.api.acting import only_theirs
from services.scheduling.api.answers import decided, handle, require
from services.scheduling.api.application_schemas import (
    AnswersBody,
    ApplicationBody,
    LateBody,
    WithdrawalBody,
)
from services.scheduling.applying import Applying, check_not_erased
from services.scheduling.domain import application_decisions as d
from services.scheduling.domain.application import STATES
from services.scheduling.events import APPLICATION, EVENT_TYPES
from services.scheduling.history import entry
from services.scheduling.links import APPLICATION as APPLICATION_LINK
from services.scheduling.links import signed_link
from services.scheduling.projections.own import APPLICATIONS, COHORTS
from services.scheduling.queries import Found
from shared.clock import rfc3339
from shared.connection import Connection
from shared.eventstore.events import Event
from shared.identifiers import new_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller, needs_token
from shared.web.changing import append, changing
from shared.web.commands import Answer, check_version, expected_version
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.pages import address
from shared.web.paging import page_asked, page_response
from shared.web.parameters import DRY_RUN, PAGE, one_of, takes

blp = Blueprint("applications", "applications", description="Requests to join a cohort")
_ORDER = ("began_at", "id")


def applying(connection: Connection) -> Applying:
    return Applying(service(), connection, append)


def as_seen(connection: Connection, found: Found) -> Found:
    """With the version and time of the last change that the caller may see.

    An applicant's versions count what they may see, so that no gap tells of the rest.
    """
    x = found.state
    if x.decision is None or caller().actor != x.about.person:
        return found
    events = _seen(service().store.load(connection, found.id))
    return found._replace(version=len(events), changed_at=rfc3339(events[-1].time))


def _seen(events: Sequence[Event]) -> list[Event]:
    """Those that an applicant may see."""
    return [e for e in events if e.type != "scheduling.application.decision-made"]


def shown(connection: Connection, found: Found, *, private: bool | None = None) -> dict[str, Any]:
    """As the caller may see it: an applicant does not see what is not released yet."""
    if private is None:
        private = caller().actor != found.state.about.person
    found = as_seen(connection, found)
    words = texts.answers(connection, found.id)
    gone = known.erased(connection, found.state.sponsor)
    body = documents.application(found, words, private=private, sponsor_gone=gone)
    if found.state.waiting:
        body["position"] = queries.place_in_line(connection, found)
    return body


def answer(connection: Connection, application: str, status: int = 200) -> Answer:
    found = require(connection, APPLICATIONS, application)
    location = f"/applications/{application}" if status == 201 else None
    body = shown(connection, found)
    return Answer(body, status, body["version"], location)


@blp.post("/cohorts/<cohort>/applications")
@blp.doc(summary="Begin an application; `missing` says what it still needs")
@needs_token
@blp.arguments(ApplicationBody)
@blp.alt_response(201, description="The application as a draft")
def start(fields: dict[str, Any], cohort: str) -> Response:
    only_theirs(fields["person"])
    with service().database.read() as connection:
        require(connection, COHORTS, cohort)
        if "Idempotency-Key" not in request.headers:  # else it may be there, and be answered again
            decided(applying(connection).check_start, cohort, fields["person"], fields)
    stream = new_id("app")
    _only_the_team(fields["person"], fields.get("late_reason"))
    fields = with_sponsor(fields, fields["person"], cohort)

    def work(connection: Connection) -> Answer:
        session_fields.check_people(connection, "person", fields["person"])
        _check_community(connection, fields)
        decided(applying(connection).start, stream, cohort, fields["person"], fields)
        return answer(connection, stream, 201)

    return changing(work)


def _only_the_team(person: str, late_reason: str | None) -> None:
    """Raises Problem 403 where an applicant gives a reason for being late themselves."""
    if late_reason is not None and caller().actor == person:
        raise Problem(403, "A late application is taken by the programme team, not by oneself.")


def with_sponsor(fields: dict[str, Any], person: str, cohort: str) -> dict[str, Any]:
    """The sponsor's name and address go to the registry; what is left of them here is an id.

    Nothing is handed on for an application that could not be made.
    """
    if "sponsor" not in fields:
        return fields
    with service().database.read() as connection:
        session_fields.check_people(connection, "person", person)
        _check_community(connection, fields)
        days = [f.state.known.when.date for f in queries.sessions_of_cohort(connection, cohort)]
    soonest = service().clock.now().date() + timedelta(days=180)
    until: date = max([soonest, *days])
    purpose = f"sponsor, {cohort}"
    sponsor = registry_client.add_person(service().settings, fields["sponsor"], purpose, until)
    if sponsor == person:
        raise invalid("sponsor", "is the applicant; nobody can be their own sponsor")
    return fields | {"sponsor": sponsor}


def _check_community(connection: Connection, fields: dict[str, Any]) -> None:
    if fields.get("community"):
        try:
            session_fields.check_communities(connection, [fields["community"]])
        except Problem as problem:
            said = problem.errors["communities"]
            raise Problem(422, f"community: {said[0]}.", {"community": list(said)}) from problem


@blp.get("/cohorts/<cohort>/applications")
@blp.doc(summary="The applications to a cohort")
@takes({"state": one_of(*STATES), "person": "Whose", **PAGE})
@needs_token
def list_all(cohort: str) -> Response:
    if request.args.get("state", STATES[0]) not in STATES:
        raise invalid("state", f"must be one of: {', '.join(STATES)}")
    wanted = page_asked(" ".join(_ORDER), len(_ORDER))
    state, person = (request.args.get(name) for name in ("state", "person"))
    conditions = [("cohort = {p}", cohort)]
    conditions += [("person = {p}", person)] if person is not None else []
    if state is not None and caller().actor is None:
        conditions.append(("state = {p}", state))
    if caller().actor is not None:  # they see their own alone
        only_theirs(person or caller().actor or "")
        conditions.append(("person = {p}", caller().actor or ""))
    with service().database.read() as connection:
        require(connection, COHORTS, cohort)
        found = queries.page(connection, APPLICATIONS, _ORDER, conditions, wanted)
        items = [shown(connection, f) for f in found.items]
    if state is not None:  # as the caller sees it
        items = [item for item in items if item["state"] == state]
    return page_response(items, found.next)


@blp.get("/applications/<application>")
@blp.doc(summary="One application")
@needs_token
def get_one(application: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, APPLICATIONS, application)
        only_theirs(found.state.about.person)
        body = shown(connection, found)
    return json_response(body, version=body["version"], private=True)


@blp.get("/applications/<application>/history")
@blp.doc(summary="Every change of an application, in a sentence and as data")
@needs_token
def history(application: str) -> Response:
    with service().database.read() as connection:
        events = service().store.load(connection, application)
    if not events or not events[0].type.startswith("scheduling.application."):
        raise not_found(f"There is no application {application}.")
    person = EVENT_TYPES.decode(events[0]).about.person
    only_theirs(person)
    if caller().actor != person:
        return page_response([entry(event) for event in events], None)
    items = [entry(event) | {"version": n} for n, event in enumerate(_seen(events), 1)]
    return page_response(items, None)


@blp.patch("/applications/<application>")
@blp.doc(summary="Change what an application says")
@needs_token
@blp.arguments(AnswersBody)
def change(fields: dict[str, Any], application: str) -> Response:
    expected_version(required=True)
    if not fields:
        raise Problem(422, "The body names nothing to change.")
    with service().database.read() as connection:
        about = require(connection, APPLICATIONS, application).state.about
        only_theirs(about.person)
        decided(check_not_erased, connection, about.person)
    fields = with_sponsor(fields, about.person, about.cohort)

    def work(connection: Connection) -> Answer:
        found = require(connection, APPLICATIONS, application)
        check_version(application, as_seen(connection, found).version)
        _check_community(connection, fields)
        decided(applying(connection).answer, application, fields)
        return answer(connection, application)

    return changing(work)


@blp.post("/applications/<application>/submission")
@blp.doc(summary="Hand an application in; its sponsor is asked to confirm the release")
@takes(DRY_RUN)
@needs_token
@blp.arguments(LateBody)
def submit(fields: dict[str, Any], application: str) -> Response:
    late_reason = fields["late_reason"]
    with service().database.read() as connection:
        found = require(connection, APPLICATIONS, application)
    only_theirs(found.state.about.person)
    _only_the_team(found.state.about.person, late_reason)
    return _act(application, lambda a: a.submit(application, late_reason))


@blp.post("/applications/<application>/withdrawal")
@blp.doc(summary="Take an application back; a place that it holds goes on")
@takes(DRY_RUN)
@needs_token
@blp.arguments(WithdrawalBody)
def withdraw(fields: dict[str, Any], application: str) -> Response:  # noqa: ARG001
    return _act(application, lambda a: a.place(application, "withdrawal"))


@blp.post("/applications/<application>/acceptance")
@blp.doc(summary="The applicant takes the place that was offered")
@takes(DRY_RUN)
@needs_token
def accept(application: str) -> Response:
    return _act(application, lambda a: a.place(application, "acceptance"))


@blp.post("/applications/<application>/declination")
@blp.doc(summary="The applicant gives the place back; it goes to the first who waits")
@takes(DRY_RUN)
@needs_token
def decline(application: str) -> Response:
    return _act(application, lambda a: a.place(application, "declination"))


def _act(application: str, step: Callable[[Applying], None]) -> Response:
    def work(connection: Connection) -> Answer:
        found = require(connection, APPLICATIONS, application)
        only_theirs(found.state.about.person)
        check_version(application, as_seen(connection, found).version)
        decided(step, applying(connection))
        return answer(connection, application)

    return changing(work)


@blp.post("/applications/<application>/sponsor-request")
@blp.doc(summary="Ask the sponsor again, by a new link; the earlier one no longer acts")
@takes(DRY_RUN)
@needs_token
def ask_again(application: str) -> Response:
    def work(connection: Connection) -> Answer:
        found = require(connection, APPLICATIONS, application)
        only_theirs(found.state.about.person)
        decided(check_not_erased, connection, found.state.about.person)
        expires = (service().clock.now() + timedelta(days=60)).replace(microsecond=0)
        check_version(application, as_seen(connection, found).version)
        gone = known.erased(connection, found.state.sponsor)
        command = d.AskSponsorAgain(10.0, expires, gone)
        handle(connection, APPLICATION, application, command, named=False)
        return answer(connection, application)

    return changing(work)


@blp.post("/applications/<application>/link")
@blp.doc(summary="A link by which the applicant fills in and answers, without an account")
@needs_token
@blp.alt_response(201, description="The address")
def link(application: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, APPLICATIONS, application)
        only_theirs(found.state.about.person)
        decided(check_not_erased, connection, found.state.about.person)
    expires = service().clock.now() + timedelta(days=365)
    signed = signed_link(APPLICATION_LINK, application, 1, expires)
    return json_response({"url": address(f"application/{signed}")}, 201, private=True)
