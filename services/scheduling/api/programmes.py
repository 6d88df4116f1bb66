"""Programmes, and plans made by their rules."""

from dataclasses import replace
from typing import Any

import msgspec
from flask import Response

from services.scheduling import documents, queries
from services.scheduling.api.answers import decided, handle, require
from services.scheduling.api.schemas import PlanBody, ProgrammeBody
from services.scheduling.bank_holidays import bank_holidays
from services.scheduling.domain import programme as p
from services.scheduling.domain.plan_rules import ClosedPeriod
from services.scheduling.domain.planner import plan
from services.scheduling.events import PROGRAMME
from services.scheduling.projections.own import PROGRAMMES
from shared.connection import Connection
from shared.http.policies import anyone, operator, policy, service_token
from shared.identifiers import new_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.changing import changing
from shared.web.commands import Answer
from shared.web.context import service
from shared.web.errors import invalid
from shared.web.paging import page_asked, page_response
from shared.web.parameters import PAGE, takes

blp = Blueprint("programmes", "programmes", description="Programmes, and plans by their rules")
_ORDER = ("began_at", "id")


@blp.post("/programmes")
@blp.doc(summary="Make a programme, from a template or of its own rules")
@policy(operator, service_token)
@blp.arguments(ProgrammeBody)
@blp.alt_response(201, description="The programme as made")
def make(fields: dict[str, Any]) -> Response:
    command = _command(fields)

    def work(connection: Connection) -> Answer:
        stream = new_id("pgm")
        handle(connection, PROGRAMME, stream, command)
        found = require(connection, PROGRAMMES, stream)
        return Answer(documents.programme(found), 201, found.version, f"/programmes/{stream}")

    return changing(work)


def _command(fields: dict[str, Any]) -> p.Create:
    """What the body says, over the template where it names one. Raises Problem 422."""
    template = p.TEMPLATES[fields.pop("template")] if "template" in fields else None
    name = fields.pop("name", template.name if template else None)
    if name is None:
        raise invalid("name", "is required, unless a template is named")
    rules = template.rules if template else p.Rules()
    kinds = {"modules": tuple[p.Module, ...], "webinars": p.Webinars, "commitment": p.Commitment}
    for field, kind in kinds.items():
        if fields.get(field) is not None:
            fields[field] = msgspec.convert(fields[field], kind)
    for field in ("module_hours", "gap_weeks"):
        if field in fields:
            fields[field] = tuple(fields[field])
    if "day_values" in fields:
        fields["day_values"] = rules.day_values | fields["day_values"]
    return p.Create(name, replace(rules, **fields))


@blp.get("/programmes")
@blp.doc(summary="List programmes")
@policy(anyone)
@takes(PAGE)
def list_all() -> Response:
    wanted = page_asked(" ".join(_ORDER), len(_ORDER))
    with service().database.read() as connection:
        found = queries.page(connection, PROGRAMMES, _ORDER, [], wanted)
    return page_response([documents.programme(f) for f in found.items], found.next)


@blp.get("/programmes/<programme>")
@blp.doc(summary="One programme")
@policy(anyone)
def get_one(programme: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, PROGRAMMES, programme)
    return json_response(documents.programme(found), version=found.version)


@blp.post("/programmes/<programme>/plan")
@blp.doc(summary="Propose dates from a first module; nothing is saved")
@policy(anyone)
@blp.arguments(PlanBody)
def propose(fields: dict[str, Any], programme: str) -> Response:
    with service().database.read() as connection:
        rules: p.Rules = require(connection, PROGRAMMES, programme).state.rules
    first = fields["first_module"]
    avoid = []
    for place, period in enumerate(fields["avoid"]):
        if period["ends"] < period["begins"]:
            raise invalid(f"avoid.{place}.to", "lies before its beginning")
        avoid.append(ClosedPeriod(**period))
    holidays = bank_holidays(rules.nation, first.year, min(first.year + 20, 2100))
    proposal = decided(plan, rules, first, fields["zone"], holidays, avoid)
    sessions = [
        {
            "id": s.key,
            "kind": s.kind,
            "number": s.number,
            "title": s.title,
            "date": s.when.date.isoformat(),
            "start": s.when.start,
            "end": s.when.end,
            "end_date": s.when.end_date.isoformat(),
            "zone": s.when.zone,
            "modality": s.modality,
            "topics": s.topics,
            "outcomes": s.outcomes,
        }
        for s in proposal.sessions
    ]
    warned = [documents.warned(w) for w in proposal.warnings]
    return json_response({"programme": programme, "sessions": sessions, "warnings": warned})
