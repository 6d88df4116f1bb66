"""Giving and ending grants: who operates, who is of a programme's team, who leads a network."""

from typing import Any

from flask import Response, request

from services.registry import people, queries
from services.registry.domain.refusal import Refused
from services.registry.identity.grants import handlers
from services.registry.identity.grants import queries as grants
from services.registry.identity.grants.decider import Grant
from services.registry.identity.grants.queries import GrantRow
from services.registry.identity.grants.schemas import GrantBody
from shared.connection import Connection
from shared.http.policies import operator, policy
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.commands import Answer, cause, expected_version, transact
from shared.web.context import service
from shared.web.errors import invalid, not_found, refused
from shared.web.parameters import one_of, takes

blp = Blueprint("grants", "grants", description="Operators, programme teams, network leads")
_KINDS = tuple(str(grant) for grant in Grant)


@blp.post("/grants")
@blp.doc(summary="Grant a person what operators, a programme's team or a network's lead may do")
@policy(operator, fresh=True)
@blp.arguments(GrantBody)
@blp.alt_response(201, description="The grant")
def give(fields: dict[str, Any]) -> Response:
    person, grant, scope = fields["person"], Grant(fields["grant"]), fields.get("scope")

    def work(connection: Connection) -> Answer:
        people.keep(connection, person)
        if people.by_id(connection, person) is None:
            raise invalid("person", "no person here has this id")
        if grant is Grant.NETWORK_LEAD and queries.unknown_ids(
            connection, "networks", [scope] if scope else []
        ):
            raise invalid("scope", "no network here has this id")
        try:
            given, is_new = handlers.give(
                service().streams,
                connection,
                person,
                grant,
                scope,
                cause=cause(),
                now=service().clock.now(),
            )
        except Refused as refusal:
            raise refused(refusal) from refusal
        row = _require(connection, given)
        return Answer(_shown(row), 201 if is_new else 200, row.version, f"/grants/{given}")

    return transact(service(), work)


@blp.get("/grants")
@blp.doc(summary="The grants that hold")
@takes({"person": "Only this person's", "grant": one_of(*_KINDS)})
@policy(operator)
def list_all() -> Response:
    kind = request.args.get("grant")
    if kind is not None and kind not in _KINDS:
        raise invalid("grant", f"must be one of: {', '.join(_KINDS)}")
    with service().database.read() as connection:
        found = grants.present(connection, request.args.get("person"), kind)
    return json_response({"items": [_shown(row) for row in found], "next": None}, private=True)


@blp.get("/grants/<grant>")
@blp.doc(summary="One grant")
@policy(operator)
def get_one(grant: str) -> Response:
    with service().database.read() as connection:
        row = _require(connection, grant)
    return json_response(_shown(row), version=row.version, private=True)


@blp.delete("/grants/<grant>")
@blp.doc(summary="End a grant, from now on")
@policy(operator, fresh=True)
def end(grant: str) -> Response:
    def work(connection: Connection) -> Answer:
        _require(connection, grant)
        handlers.end(
            service().streams,
            connection,
            grant,
            cause=cause(),
            now=service().clock.now(),
            expected=expected_version(),
        )
        row = _require(connection, grant)
        return Answer(_shown(row), 200, row.version)

    return transact(service(), work)


def _require(connection: Connection, grant: str) -> GrantRow:
    found = grants.by_id(connection, grant)
    if found is None:
        raise not_found(f"There is no grant {grant}.")
    return found


def _shown(row: GrantRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "person": row.person,
        "grant": row.kind,
        "scope": row.scope,
        "created_at": row.given_at,
        "by": row.given_by,
        "ended_at": row.ended_at,
    }
