"""People: names and addresses, here and nowhere else, and only for those with a token."""

from typing import Any

from flask import Response
from sqlalchemy.exc import IntegrityError

from services.registry import people
from services.registry.api.answers import handle
from services.registry.api.schemas import (
    ContactsBody,
    LinkRenewalBody,
    PersonBody,
    PersonChangeBody,
)
from services.registry.domain.person import FORMER, RegisterPerson, RenewLinks
from services.registry.events import PERSON
from services.registry.identity.addresses import handlers as addresses
from services.registry.identity.grants import queries as grants
from services.registry.identity.grants.decider import Grant
from services.registry.identity.sign_ins import handlers as sign_ins
from services.registry.identity.sign_ins import queries as open_sign_ins
from services.registry.identity.sign_ins.decider import PURPOSE as SIGN_IN
from services.registry.identity.suspensions import queries as suspensions
from shared.clock import rfc3339
from shared.connection import Connection
from shared.http.policies import operator, policy, self_, service_token
from shared.http.reads import record
from shared.identifiers import new_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import OPERATOR, caller
from shared.web.commands import Answer, cause, check_version, expected_version, transact
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.paging import page_asked, page_response
from shared.web.parameters import PAGE, takes

blp = Blueprint("people", "people", description="People, for those with a token")


@blp.post("/people")
@blp.doc(summary="Add a person; a known address answers the person who has it")
@policy(operator, service_token)
@blp.arguments(PersonBody)
@blp.alt_response(201, description="The person as added")
def add(fields: dict[str, Any]) -> Response:
    email = fields.get("email")

    def work(connection: Connection) -> Answer:
        known = people.by_email(connection, email) if email else None
        if known is not None:
            people.set_purpose(connection, known.id, fields["purpose"], fields["until"])
            return Answer(people.shown(connection, known), 200, known.version)
        stream = new_id("per")
        handle(connection, PERSON, stream, RegisterPerson())
        now = service().clock.now()
        person = people.add(connection, stream, fields["name"], email, now)
        people.set_purpose(connection, stream, fields["purpose"], fields["until"])
        shown = people.shown(connection, person)
        return Answer(shown, 201, person.version, f"/people/{stream}")

    try:
        return transact(service(), work)
    except IntegrityError:  # another request added the address at the same moment: it is known now
        return transact(service(), work)


@blp.get("/people")
@blp.doc(summary="List people")
@takes(PAGE)
@policy(operator)
def list_all() -> Response:
    wanted = page_asked("added", 2)
    with service().database.read() as connection:
        found, following = people.list_people(connection, wanted)
        items = people.shown_many(connection, found)
    record([person.id for person in found], "the list of people")
    return page_response(items, following)


@blp.get("/people/<person>")
@blp.doc(summary="One person; of one who was erased, that there was one")
@policy(self_(), operator)
def get_one(person: str) -> Response:
    with service().database.read() as connection:
        found = people.by_id(connection, person)
        shown = people.shown(connection, found) if found else former(connection, person)
    if found:
        record([person], "your name and address")
    return json_response(shown, version=found.version if found else None, private=True)


@blp.patch("/people/<person>")
@blp.doc(summary="Change a person's name; an operator changes an address, as of a lost mailbox")
@policy(self_(), operator)
@blp.arguments(PersonChangeBody)
def change(fields: dict[str, Any], person: str) -> Response:
    """One's own address changes by `POST /people/{id}/address-changes`, which has it confirmed.

    Where an operator changes it the old address is told, and the person is signed out everywhere.
    """
    expected_version(required=True)

    def work(connection: Connection) -> Answer:
        people.keep(connection, person)
        found = people.by_id(connection, person)
        if found is None:
            raise not_found(f"There is no person {person}.")
        check_version(person, found.version)
        name, email = fields.get("name", found.name), fields.get("email", found.email)
        if email != found.email:
            _allow_address(connection)
            addresses.changed_by_operator(
                service().streams,
                connection,
                found,
                service().settings.secret,
                cause=cause(),
                now=service().clock.now(),
            )
        changed = people.change(connection, found, name, email)
        return Answer(people.shown(connection, changed), 200, changed.version)

    try:
        return transact(service(), work)
    except IntegrityError as error:
        raise invalid("email", "is another person's address") from error


def _allow_address(connection: Connection) -> None:
    """Raises Problem 422 for who is no operator: an address is confirmed before it is theirs."""
    who = caller()
    if who.kind != OPERATOR and not grants.holds(connection, who.person, Grant.OPERATOR, (None,)):
        raise invalid(
            "email",
            "is changed by POST /people/{id}/address-changes, which sends a code to the new one",
        )


@blp.post("/people/contacts")
@blp.doc(summary="Names and addresses of people, for a service that is about to write to them")
@policy(service_token)
@blp.arguments(ContactsBody)
def contacts(fields: dict[str, Any]) -> Response:
    """Who is in `ids` and not in `items` was erased, or never was: nobody to write to.

    A sign-in's id answers too while it can be completed, with what completes it, and so does that
    of a change of an address. To a suspended person, who has no address here, nothing is sent.
    """
    with service().database.read() as connection:
        found = people.by_ids(connection, fields["ids"])
        by_others = people.named_by_others(connection, [p.id for p in found])
        suspended = suspensions.of(connection, [p.id for p in found])
        secret, now = service().settings.secret, service().clock.now()
        open_to = [
            *sign_ins.contacts(connection, fields["ids"], secret, now),
            *addresses.contacts(connection, fields["ids"], secret, now),
        ]
    items = [
        {
            "id": p.id,
            "name": p.name,
            "email": None if p.id in suspended else p.email,
            "version": p.version,
            "named_by_others": p.id in by_others,
            **({"suspended": True} if p.id in suspended else {}),
        }
        for p in found
    ]
    return json_response({"items": [*items, *open_to]}, private=True)


@blp.post("/people/<person>/links/renewal")
@blp.doc(summary="Stop a person's signed links of these kinds; new ones come with new messages")
@policy(self_(), operator)
@blp.arguments(LinkRenewalBody)
def renew_links(fields: dict[str, Any], person: str) -> Response:
    """Links signed before answer 410 in every service, once it has followed, within seconds.

    Whoever has an old message, or had it forwarded, can no longer act by it. The person gets links
    that work with each new message; `POST /people/{id}/calendar-link` gives the calendar's.
    """
    purposes = tuple(dict.fromkeys(fields["purposes"]))

    def work(connection: Connection) -> Answer:
        if people.by_id(connection, person) is None:
            former(connection, person)
            raise Problem(410, "This person was erased: none of their links works any more.")
        followed = tuple(purpose for purpose in purposes if purpose != SIGN_IN)
        renewed = handle(connection, PERSON, person, RenewLinks(followed))
        if SIGN_IN in purposes:
            open_sign_ins.end_open(connection, person)
        return Answer({"person": person, "renewals": dict(renewed.state.renewals)})

    return transact(service(), work)


def former(connection: Connection, person: str) -> dict[str, Any]:
    """What is left of an erased person. Raises Problem 404 where there never was one."""
    events = service().store.load(connection, person)
    if not service().streams.load(connection, PERSON, person).state.erased:
        raise not_found(f"There is no person {person}.")
    return {"id": person, "name": FORMER, "email": None, "erased_at": rfc3339(events[-1].time)}
