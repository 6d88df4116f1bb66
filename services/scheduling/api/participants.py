"""Participants: what each has done and still owes; for the team as a table too."""

from typing import Any

from flask import Response

from services.scheduling.api.acting import acts_for_team, only_the_team
from services.scheduling.api.answers import require
from services.scheduling.api.naming import name_and_note
from services.scheduling.domain.wall_clock import today
from services.scheduling.participation import Participant, participants, shown
from services.scheduling.projections.own import COHORTS, PROGRAMMES
from shared.connection import Connection
from shared.http.policies import operator, policy, self_, team_of
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.context import service
from shared.web.errors import Problem, not_found
from shared.web.tables import csv_response

blp = Blueprint("participants", "participants", description="What participants still owe")
_COLUMNS = (
    *("person", "application", "community", "modules", "modules_of", "webinars", "webinars_of"),
    *("celebration", "community_meetings", "community_meetings_of", "days", "days_of"),
    *("complete", "missing", "name"),
)
_WHAT = "what you have done in a cohort, and still owe"


def _found(connection: Connection, cohort: str, person: str | None = None) -> list[Participant]:
    state = require(connection, COHORTS, cohort).state
    rules = require(connection, PROGRAMMES, state.programme).state.rules
    now = today(service().clock.now(), state.zone)
    return participants(connection, cohort, rules, now, person)


@blp.get("/cohorts/<cohort>/participants")
@blp.doc(summary="What each participant has done and still owes")
@policy(team_of(), operator)
def list_all(cohort: str) -> Response:
    with service().database.read() as connection:
        only_the_team(connection, cohort)
        items = [shown(p) for p in _found(connection, cohort)]
    name_and_note(items, _WHAT)
    return json_response({"items": items, "next": None}, private=True)


@blp.get("/cohorts/<cohort>/participants.csv")
@blp.doc(summary="The same as a table")
@policy(team_of(), operator)
def table(cohort: str) -> Response:
    with service().database.read() as connection:
        only_the_team(connection, cohort)
        items = [shown(p) for p in _found(connection, cohort)]
    name_and_note(items, _WHAT)
    response = csv_response(_COLUMNS, map(_row, items), f"{cohort}.csv")
    response.headers["Cache-Control"] = "no-store"
    return response


def _row(p: dict[str, Any]) -> list[Any]:
    return [
        *(p["person"], p["application"], p["community"] or ""),
        *(p["modules"]["done"], p["modules"]["of"]),
        *(p["webinars"]["done"], p["webinars"]["of"]),
        p["celebration"]["done"],
        *(p["community_meetings"]["done"], p["community_meetings"]["of"]),
        *(p["days"], p["days_of"], "yes" if p["complete"] else "no", "; ".join(p["missing"])),
        p["name"] or "",
    ]


@blp.get("/cohorts/<cohort>/participants/<person>")
@blp.doc(summary="One participant, with every session that counts for them")
@policy(self_(), team_of(), operator)
def get_one(cohort: str, person: str) -> Response:
    with service().database.read() as connection:
        if caller().actor != person and not acts_for_team(connection, cohort):
            raise Problem(403, "A participant sees their own account alone.")
        found = _found(connection, cohort, person)
    if not found:
        raise not_found(f"{person} takes no part in the cohort {cohort}.")
    body = shown(found[0])
    if caller().actor != person:
        name_and_note([body], _WHAT)
    body["sessions"] = [
        {
            "id": h.id,
            "kind": h.kind,
            "number": h.number,
            "title": h.title,
            "date": h.date.isoformat(),
            "modality": h.modality,
            "state": h.state,
            "status": h.status,
        }
        for h in sorted(found[0].held, key=lambda h: h.date)
    ]
    return json_response(body, private=True)
