"""Applications as they are read: one, a cohort's, and all that the reader may see."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request

from services.scheduling import queries
from services.scheduling.api import application_views as views
from services.scheduling.api.acting import acts_for_team, applications_seen, only_theirs
from services.scheduling.api.answers import require
from services.scheduling.api.naming import add_names
from services.scheduling.domain.application import STATES
from services.scheduling.projections.own import APPLICATIONS, COHORTS
from services.scheduling.queries import Condition, Found
from shared.connection import Connection
from shared.http import reads
from shared.http.policies import operator, policy, self_, signed_in, team_of
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.context import service
from shared.web.errors import Problem, invalid
from shared.web.paging import Page, page_asked, page_response
from shared.web.parameters import PAGE, one_of, takes

blp = Blueprint("application-lists", "application-lists", description="Reading applications")
_ORDER = ("began_at", "id")


@blp.get("/applications")
@blp.doc(summary="One's own applications, and those to the cohorts of one's programmes")
@policy(signed_in, operator)
@takes({"person": "Whose", "cohort": "To which cohort", "state": one_of(*STATES), **PAGE})
def list_seen() -> Response:
    wanted, state = _asked()
    person, cohort = request.args.get("person"), request.args.get("cohort")
    with service().database.read() as connection:
        seen = applications_seen(connection)
        if person not in (None, caller().actor) and seen.own_alone:
            raise Problem(403, "Your own applications are the only ones that you may see.")
        conditions = [] if seen.condition is None else [seen.condition]
        conditions += [("person = {p}", person)] if person is not None else []
        conditions += [("cohort = {p}", cohort)] if cohort is not None else []
        page = _page(connection, conditions, state, wanted)
    return _answer(*page)


@blp.get("/cohorts/<cohort>/applications")
@blp.doc(summary="The applications to a cohort")
@policy(signed_in, operator)
@takes({"state": one_of(*STATES), "person": "Whose", **PAGE})
def list_of_cohort(cohort: str) -> Response:
    wanted, state = _asked()
    person = request.args.get("person")
    conditions: list[Condition] = [("cohort = {p}", cohort)]
    conditions += [("person = {p}", person)] if person is not None else []
    with service().database.read() as connection:
        require(connection, COHORTS, cohort)
        if not acts_for_team(connection, cohort):  # they see their own alone
            own = caller().actor or ""
            only_theirs(connection, person or own, cohort)
            conditions.append(("person = {p}", own))
        page = _page(connection, conditions, state, wanted)
    return _answer(*page)


def _asked() -> tuple[Page, str | None]:
    """The page, and the state. Raises Problem 422."""
    state = request.args.get("state")
    if state not in (None, *STATES):
        raise invalid("state", f"must be one of: {', '.join(STATES)}")
    return page_asked(" ".join(_ORDER), len(_ORDER)), state


def _page(
    connection: Connection, conditions: Sequence[Condition], state: str | None, wanted: Page
) -> tuple[list[dict[str, Any]], str | None]:
    if state is not None:  # one's own may be shown in another state than it is in
        own = caller().actor or ""
        conditions = [*conditions, ("(state = {p} OR person = {p})", state, own)]

    def show(found: Sequence[Found]) -> list[dict[str, Any] | None]:
        items = views.shown(connection, found)
        return [item if state in (None, item["state"]) else None for item in items]

    return queries.page_as_shown(connection, APPLICATIONS, _ORDER, conditions, wanted, show)


def _answer(items: list[dict[str, Any]], following: str | None) -> Response:
    _named(items)
    return page_response(items, following)


@blp.get("/applications/<application>")
@blp.doc(summary="One application")
@policy(self_("application"), team_of("application"), operator)
def get_one(application: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, APPLICATIONS, application)
        only_theirs(connection, found.state.about.person, found.state.about.cohort)
        (body,) = views.shown(connection, [found])
    _named([body])
    return json_response(body, version=body["version"], private=True)


def _named(items: Sequence[dict[str, Any]]) -> None:
    """With the names of others' applicants and sponsors, whom the programme team may know."""
    of_others = [item for item in items if views.acts_for_team(item["person"])]
    add_names(of_others, {"person": "name", "sponsor": "sponsor_name"})
    reads.record([item["person"] for item in of_others], "your application to a cohort")
    sponsors = [item["sponsor"] for item in of_others if item["sponsor"]]
    reads.record(sponsors, "an application that names you as its sponsor")
