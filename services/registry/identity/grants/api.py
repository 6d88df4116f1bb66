"""Giving and ending grants: who operates, who is of a programme's team, who leads a network."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request
from sqlalchemy.exc import IntegrityError

from services.registry import people, queries
from services.registry.api.answers import handle
from services.registry.domain.person import FORMER, RegisterPerson
from services.registry.domain.refusal import Refused
from services.registry.events import PERSON
from services.registry.identity.grants import handlers
from services.registry.identity.grants import queries as grants
from services.registry.identity.grants.decider import Grant
from services.registry.identity.grants.queries import GrantRow
from services.registry.identity.grants.schemas import GrantBody
from shared.connection import Connection
from shared.http.policies import operator, policy
from shared.http.reads import record
from shared.identifiers import is_id, new_id
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
    """To a person by `person` or by `email`; one whom nobody knew is made, with `name`."""
    grant = Grant(fields["grant"])

    def work(connection: Connection) -> Answer:
        scope = _scope(connection, grant, fields.get("scope"))
        person = _to_whom(connection, fields)
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
        people.set_purpose(connection, person, _purpose(given), None)
        shown = _shown(connection, [row])[0]
        return Answer(shown, 201 if is_new else 200, row.version, f"/grants/{given}")

    try:
        return transact(service(), work)
    except IntegrityError:  # another request made a person of the address at the same moment
        return transact(service(), work)


def _to_whom(connection: Connection, fields: dict[str, Any]) -> str:
    """Who is granted something; made where they are new. Raises Problem 422."""
    person, email = fields.get("person"), fields.get("email")
    if person is not None and email is None:
        people.keep(connection, person)
        if people.by_id(connection, person) is None:
            raise invalid("person", "no person here has this id")
        return str(person)
    if email is None or person is not None:
        raise invalid("person", "is required, or else `email`; not both")
    known = people.by_email(connection, email)
    if known is not None:
        people.keep(connection, known.id)
        return known.id
    if "name" not in fields:
        raise invalid("name", "is required: nobody here has this address yet")
    made = new_id("per")
    handle(connection, PERSON, made, RegisterPerson())
    people.add(connection, made, fields["name"], email, service().clock.now())
    return made


def _scope(connection: Connection, grant: Grant, scope: str | None) -> str | None:
    """Of a network its id. Raises Problem 422 for what is no network, or no programme's id."""
    if grant is Grant.PROGRAMME_TEAM and scope is not None and not is_id(scope, "pgm"):
        raise invalid("scope", f"{scope!r} is no programme's id (pgm_…)")
    if grant is not Grant.NETWORK_LEAD or scope is None:
        return scope
    found = queries.find_network(connection, scope)
    if found is None:
        raise invalid("scope", f"{scope!r} is no network's id, name or alias")
    return found


def _purpose(grant: str) -> str:
    """Who holds a grant is kept for it, until the day it ends."""
    return f"grant, {grant}"


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
        items = _shown(connection, found)
    record([row.person for row in found], "the list of grants")
    return json_response({"items": items, "next": None}, private=True)


@blp.get("/grants/<grant>")
@blp.doc(summary="One grant")
@policy(operator)
def get_one(grant: str) -> Response:
    with service().database.read() as connection:
        row = _require(connection, grant)
        shown = _shown(connection, [row])[0]
    record([row.person], "a grant of yours")
    return json_response(shown, version=row.version, private=True)


@blp.delete("/grants/<grant>")
@blp.doc(summary="End a grant, from now on")
@policy(operator, fresh=True)
def end(grant: str) -> Response:
    def work(connection: Connection) -> Answer:
        people.keep(connection, _require(connection, grant).person)
        handlers.end(
            service().streams,
            connection,
            grant,
            cause=cause(),
            now=service().clock.now(),
            expected=expected_version(),
        )
        row = _require(connection, grant)
        if people.by_id(connection, row.person) is not None:
            today = service().clock.now().date()
            people.set_purpose(connection, row.person, _purpose(grant), today)
        return Answer(_shown(connection, [row])[0], 200, row.version)

    return transact(service(), work)


def _require(connection: Connection, grant: str) -> GrantRow:
    found = grants.by_id(connection, grant)
    if found is None:
        raise not_found(f"There is no grant {grant}.")
    return found


def _shown(connection: Connection, rows: Sequence[GrantRow]) -> list[dict[str, Any]]:
    """With the names of who were granted something, by one query."""
    known = people.by_ids(connection, sorted({row.person for row in rows}))
    names = {person.id: person.name for person in known}
    return [
        {
            "id": row.id,
            "person": row.person,
            "name": names.get(row.person, FORMER),
            "grant": row.kind,
            "scope": row.scope,
            "created_at": row.given_at,
            "by": row.given_by,
            "ended_at": row.ended_at,
        }
        for row in rows
    ]
