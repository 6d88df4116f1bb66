"""People: names and addresses, here and nowhere else, and only for those with a token."""

from typing import Any

import msgspec
from flask import Response, request
from sqlalchemy.exc import IntegrityError

from services.registry import people
from services.registry.api.answers import check_parameters, handle, page
from services.registry.api.schemas import PersonBody, PersonChangeBody
from services.registry.domain.person import RegisterPerson
from services.registry.events import PERSON
from shared.connection import Connection
from shared.eventstore.streams import StaleVersion
from shared.identifiers import new_id
from shared.web.bodies import Blueprint
from shared.web.callers import needs_token
from shared.web.commands import Answer, etag, expected_version, transact
from shared.web.context import service
from shared.web.errors import invalid, not_found
from shared.web.paging import page_response

blp = Blueprint("people", "people", description="People, for those with a token")


@blp.post("/people")
@blp.doc(summary="Add a person; a known address answers the person who has it")
@needs_token
@blp.arguments(PersonBody)
@blp.alt_response(201, description="The person as added")
def add(fields: dict[str, Any]) -> Response:
    email = fields.get("email")

    def work(connection: Connection) -> Answer:
        known = people.by_email(connection, email) if email else None
        if known is not None:
            return Answer(known.shown(), 200, known.version)
        stream = new_id("per")
        handle(connection, PERSON, stream, RegisterPerson())
        now = service().clock.now()
        person = people.add(connection, stream, fields["name"], email, now)
        return Answer(person.shown(), 201, person.version, f"/people/{stream}")

    try:
        return transact(service(), work)
    except IntegrityError:  # another request added the address at the same moment: it is known now
        return transact(service(), work)


@blp.get("/people")
@blp.doc(summary="List people")
@needs_token
def list_all() -> Response:
    check_parameters("limit", "cursor")
    wanted = page("added")
    with service().database.read() as connection:
        found, following = people.list_people(connection, wanted)
    return page_response([person.shown() for person in found], following)


@blp.get("/people/<person>")
@blp.doc(summary="One person")
@needs_token
def get_one(person: str) -> Response:
    with service().database.read() as connection:
        found = people.by_id(connection, person)
    if found is None:
        raise not_found(f"There is no person {person}.")
    response = _json(found.shown())
    response.headers["ETag"] = etag(found.version)
    response.headers["Cache-Control"] = "no-store"
    if request.if_none_match:
        response.make_conditional(request)
    return response


@blp.patch("/people/<person>")
@blp.doc(summary="Change a person's name or address")
@needs_token
@blp.arguments(PersonChangeBody)
def change(fields: dict[str, Any], person: str) -> Response:
    expected = expected_version(required=True)

    def work(connection: Connection) -> Answer:
        found = people.by_id(connection, person)
        if found is None:
            raise not_found(f"There is no person {person}.")
        if expected is not None and expected != found.version:
            raise StaleVersion(f"{person} is at version {found.version}, not {expected}")
        name, email = fields.get("name", found.name), fields.get("email", found.email)
        changed = people.change(connection, found, name, email)
        return Answer(changed.shown(), 200, changed.version)

    try:
        return transact(service(), work)
    except IntegrityError as error:
        raise invalid("email", "is another person's address") from error


def _json(body: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(body), content_type="application/json")
