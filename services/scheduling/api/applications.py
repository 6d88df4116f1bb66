"""Applications, as the team and an applicant with a token use them."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Response

from services.scheduling import queries, registry_client
from services.scheduling.api import application_views as views
from services.scheduling.api import session_fields
from services.scheduling.api.acting import only_theirs
from services.scheduling.api.answers import decided, require
from services.scheduling.api.application_schemas import (
    AnswersBody,
    ApplicationBody,
    LateBody,
    WithdrawalBody,
)
from services.scheduling.applying import Applying, check_not_erased
from services.scheduling.events import EVENT_TYPES
from services.scheduling.links import APPLICATION as APPLICATION_LINK
from services.scheduling.links import signed_link
from services.scheduling.projections.own import APPLICATIONS, COHORTS
from shared.connection import Connection
from shared.http import reads
from shared.http.policies import operator, policy, self_, service_token, team_of
from shared.identifiers import new_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import ANYONE, caller
from shared.web.changing import append, changing
from shared.web.commands import Answer, answered_before, check_version, expected_version
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.pages import address
from shared.web.paging import page_response
from shared.web.parameters import DRY_RUN, takes

blp = Blueprint("applications", "applications", description="Requests to join a cohort")
_ORDER = ("began_at", "id")


def applying(connection: Connection) -> Applying:
    who = caller()
    return Applying(service(), connection, append, who.actor, by_link=who.kind == ANYONE)


@blp.post("/cohorts/<cohort>/applications")
@blp.doc(summary="Begin an application; `missing` says what it still needs")
@policy(self_("body:person"), team_of(), operator, service_token)
@blp.arguments(ApplicationBody)
@blp.alt_response(201, description="The application as a draft")
def start(fields: dict[str, Any], cohort: str) -> Response:
    with service().database.read() as connection:
        only_theirs(connection, fields["person"], cohort)
    _only_the_team(fields["person"], fields.get("late_reason"))
    if (before := answered_before()) is not None:
        return before
    stream, person = new_id("app"), fields["person"]

    def check(connection: Connection, wanted: dict[str, Any]) -> None:
        require(connection, COHORTS, cohort)
        session_fields.check_people(connection, "person", person)
        check_community(connection, wanted)
        decided(applying(connection).decide_start, stream, cohort, person, wanted)

    fields = with_sponsor(fields, person, cohort, check)

    def work(connection: Connection) -> Answer:
        session_fields.check_people(connection, "person", person)
        check_community(connection, fields)
        decided(applying(connection).start, stream, cohort, person, fields)
        return views.answer(connection, stream, 201)

    return changing(work)


def _only_the_team(person: str, late_reason: str | None) -> None:
    """Raises Problem 403 where an applicant gives a reason for being late themselves."""
    if late_reason is not None and caller().actor == person:
        raise Problem(403, "A late application is taken by the programme team, not by oneself.")


Check = Callable[[Connection, dict[str, Any]], object]
_TO_BE_NAMED = ""  # stands for a sponsor's id while it is decided whether one may be named


def with_sponsor(fields: dict[str, Any], person: str, cohort: str, check: Check) -> dict[str, Any]:
    """The sponsor's name and address go to the registry; what is left of them here is an id.

    Nothing is handed on where `check` refuses, with somebody to be named as sponsor.
    """
    sponsor = fields.get("sponsor")
    with service().database.read() as connection:
        check(connection, fields | {"sponsor": _TO_BE_NAMED} if sponsor else fields)
        days = [f.state.known.when.date for f in queries.sessions_of_cohort(connection, cohort)]
    if not sponsor:
        return fields
    soonest = service().clock.now().date() + timedelta(days=180)
    until: date = max([soonest, *days])
    key = registry_client.add_person(service().settings, sponsor, f"sponsor, {cohort}", until)
    if key == person:
        raise invalid("sponsor", "is the applicant; nobody can be their own sponsor")
    return fields | {"sponsor": key}


def with_changes(application: str, fields: dict[str, Any], check: Check) -> dict[str, Any]:
    """The same for an application that is there; its sponsor named once more is no change."""
    with service().database.read() as connection:
        state = require(connection, APPLICATIONS, application).state
    settings, sponsor = service().settings, fields.get("sponsor")
    present = state.sponsor
    if sponsor and present and registry_client.has_address(settings, present, sponsor["email"]):
        fields = {name: value for name, value in fields.items() if name != "sponsor"}
    return with_sponsor(fields, state.about.person, state.about.cohort, check)


def check_community(connection: Connection, fields: dict[str, Any]) -> None:
    """Raises Problem for a community that is not known here."""
    if fields.get("community"):
        try:
            session_fields.check_communities(connection, [fields["community"]])
        except Problem as problem:
            said = problem.errors["communities"]
            raise Problem(422, f"community: {said[0]}.", {"community": list(said)}) from problem


@blp.get("/applications/<application>/history")
@blp.doc(summary="Every change of an application, in a sentence and as data")
@policy(self_("application"), team_of("application"), operator)
def history(application: str) -> Response:
    with service().database.read() as connection:
        events = service().store.load(connection, application)
        if not events or not events[0].type.startswith("scheduling.application."):
            raise not_found(f"There is no application {application}.")
        about = EVENT_TYPES.decode(events[0]).about
        only_theirs(connection, about.person, about.cohort)
    if for_team := views.acts_for_team(about.person):
        reads.record([about.person], "the history of your application to a cohort")
    return page_response(views.history(events, for_team=for_team), None)


@blp.patch("/applications/<application>")
@blp.doc(summary="Change what an application says")
@policy(self_("application"), operator)
@blp.arguments(AnswersBody)
def change(fields: dict[str, Any], application: str) -> Response:
    with service().database.read() as connection:
        about = require(connection, APPLICATIONS, application).state.about
        only_theirs(connection, about.person, about.cohort)
    expected_version(required=True)
    if not fields:
        raise Problem(422, "The body names nothing to change.")

    def check(connection: Connection, wanted: dict[str, Any]) -> None:
        found = require(connection, APPLICATIONS, application)
        check_version(application, views.as_seen(connection, found).version)
        check_community(connection, wanted)
        decided(applying(connection).decide_answer, application, wanted)

    fields = with_changes(application, fields, check)

    def work(connection: Connection) -> Answer:
        check(connection, fields)
        decided(applying(connection).answer, application, fields)
        return views.answer(connection, application)

    return changing(work)


@blp.post("/applications/<application>/submission")
@blp.doc(summary="Hand an application in; its sponsor is asked to confirm the release")
@policy(self_("application"), team_of("application"), operator, service_token)
@takes(DRY_RUN)
@blp.arguments(LateBody)
def submit(fields: dict[str, Any], application: str) -> Response:
    late_reason = fields["late_reason"]
    with service().database.read() as connection:
        found = require(connection, APPLICATIONS, application)
        only_theirs(connection, found.state.about.person, found.state.about.cohort)
    _only_the_team(found.state.about.person, late_reason)
    return _act(application, lambda a: a.submit(application, late_reason))


@blp.post("/applications/<application>/withdrawal")
@blp.doc(summary="Take an application back; a place that it holds goes on")
@policy(self_("application"), operator, service_token)
@takes(DRY_RUN)
@blp.arguments(WithdrawalBody)
def withdraw(fields: dict[str, Any], application: str) -> Response:  # noqa: ARG001
    return _act(application, lambda a: a.place(application, "withdrawal"))


@blp.post("/applications/<application>/acceptance")
@blp.doc(summary="The applicant takes the place that was offered")
@policy(self_("application"), operator, service_token)
@takes(DRY_RUN)
def accept(application: str) -> Response:
    return _act(application, lambda a: a.place(application, "acceptance"))


@blp.post("/applications/<application>/declination")
@blp.doc(summary="The applicant gives the place back; it goes to the first who waits")
@policy(self_("application"), operator, service_token)
@takes(DRY_RUN)
def decline(application: str) -> Response:
    return _act(application, lambda a: a.place(application, "declination"))


def _act(application: str, step: Callable[[Applying], None]) -> Response:
    def work(connection: Connection) -> Answer:
        found = require(connection, APPLICATIONS, application)
        only_theirs(connection, found.state.about.person, found.state.about.cohort)
        check_version(application, views.as_seen(connection, found).version)
        decided(step, applying(connection))
        return views.answer(connection, application)

    return changing(work)


@blp.post("/applications/<application>/sponsor-request")
@blp.doc(summary="Ask the sponsor again, by a new link; the earlier one no longer acts")
@policy(self_("application"), team_of("application"), operator)
@takes(DRY_RUN)
def ask_again(application: str) -> Response:
    return _act(application, lambda a: a.ask_again(application))


@blp.post("/applications/<application>/link")
@blp.doc(summary="A link by which the applicant fills in and answers, without an account")
@policy(self_("application"), operator)
@blp.alt_response(201, description="The address")
def link(application: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, APPLICATIONS, application)
        only_theirs(connection, found.state.about.person, found.state.about.cohort)
        person = found.state.about.person
        decided(check_not_erased, connection, person)
        expires = service().clock.now() + timedelta(days=365)
        signed = signed_link(connection, APPLICATION_LINK, application, person, expires)
    reads.record([person], "the link by which you fill in your application")
    return json_response({"url": address(f"application/{signed}")}, 201, private=True)
