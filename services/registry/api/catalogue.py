"""Networks and organisations."""

from typing import Any

from flask import Response

from services.registry import queries
from services.registry.api.answers import handle, read, shown
from services.registry.api.schemas import (
    NetworkBody,
    NetworkChangeBody,
    OrganisationBody,
    OrganisationChangeBody,
)
from services.registry.domain import network as n
from services.registry.domain import organisation as o
from services.registry.events import NETWORK, ORGANISATION
from shared.connection import Connection
from shared.database import lock_in_turn
from shared.foundation.names import distinct_names, name_key
from shared.http.policies import anyone, lead_of, operator, policy, service_token
from shared.identifiers import new_id
from shared.web.bodies import Blueprint
from shared.web.commands import Answer, expected_version, transact
from shared.web.context import service
from shared.web.errors import Problem, not_found
from shared.web.paging import page_asked, page_response
from shared.web.parameters import PAGE, takes

blp = Blueprint("catalogue", "catalogue", description="Networks and organisations")


def _list(stem: str) -> Response:
    wanted = page_asked("name", 2)
    with service().database.read() as connection:
        found = queries.list_catalogue(connection, stem, wanted)
    return page_response(found.items, found.next)


@blp.get("/networks")
@blp.doc(summary="List networks by name")
@takes(PAGE)
@policy(anyone)
def list_networks() -> Response:
    return _list("networks")


@blp.get("/networks/<network>")
@blp.doc(summary="One network, by its id or any name or alias it has or had")
@policy(anyone)
def get_network(network: str) -> Response:
    with service().database.read() as connection:
        found = queries.find_network(connection, network)
    if found is None:
        raise not_found(f"There is no network {network}.")
    return read("networks", found)


@blp.post("/networks")
@blp.doc(summary="Register a network")
@policy(operator, service_token)
@blp.arguments(NetworkBody)
@blp.alt_response(201, description="The network as registered")
def register_network(fields: dict[str, Any]) -> Response:
    registered = n.NetworkRegistered(**(fields | _lists(fields)))

    def work(connection: Connection) -> Answer:
        stream = new_id("net")
        _refuse_taken(connection, n.Network(), n.evolve(n.Network(), registered))
        handle(connection, NETWORK, stream, n.RegisterNetwork(registered))
        return shown(connection, "networks", stream, status=201)

    return transact(service(), work)


@blp.patch("/networks/<network>")
@blp.doc(summary="Change a network's names or aliases")
@policy(lead_of("network"), operator, service_token)
@blp.arguments(NetworkChangeBody)
def describe_network(fields: dict[str, Any], network: str) -> Response:
    expected_version(required=True)
    wanted = n.NetworkDescribed(**(fields | _lists(fields)))

    def work(connection: Connection) -> Answer:
        if queries.document(connection, "networks", network) is None:
            raise not_found(f"There is no network {network}.")
        present = service().streams.load(connection, NETWORK, network).state
        _refuse_taken(connection, present, n.evolve(present, wanted))
        handle(connection, NETWORK, network, n.DescribeNetwork(wanted))
        return shown(connection, "networks", network)

    return transact(service(), work)


def _lists(fields: dict[str, Any]) -> dict[str, Any]:
    dated = [n.DatedName(**name) for name in fields["names"]] if "names" in fields else None
    return {"names": tuple(dated)} if dated is not None else {}


def _refuse_taken(connection: Connection, present: n.Network, wanted: n.Network) -> None:
    """A name finds one network, however it is written. Raises Problem 409 for the taken ones.

    What a network is called already it may go on being called, also where another that was
    registered before names were compared by `name_key` shares the name.
    """
    lock_in_turn(connection, "names of networks")
    before = {name_key(name) for name in present.known_as()}
    new = [name for name in distinct_names(wanted.known_as()) if name_key(name) not in before]
    if taken := queries.network_names_taken(connection, new):
        reasons = [f"{name!r} is another network's name or alias" for name in taken]
        raise Problem(409, f"{'; '.join(reasons)}.", {"name": reasons})


@blp.get("/organisations")
@blp.doc(summary="List organisations by name")
@takes(PAGE)
@policy(anyone)
def list_organisations() -> Response:
    return _list("organisations")


@blp.get("/organisations/<organisation>")
@blp.doc(summary="One organisation")
@policy(anyone)
def get_organisation(organisation: str) -> Response:
    return read("organisations", organisation)


@blp.post("/organisations")
@blp.doc(summary="Register an organisation")
@policy(operator, service_token)
@blp.arguments(OrganisationBody)
@blp.alt_response(201, description="The organisation as registered")
def register_organisation(fields: dict[str, Any]) -> Response:
    def work(connection: Connection) -> Answer:
        stream = new_id("org")
        _refuse_taken_code(connection, fields.get("ods_code"), None)
        registered = o.OrganisationRegistered(**_upper(fields))
        handle(connection, ORGANISATION, stream, o.RegisterOrganisation(registered))
        return shown(connection, "organisations", stream, status=201)

    return transact(service(), work)


@blp.patch("/organisations/<organisation>")
@blp.doc(summary="Change an organisation")
@policy(operator, service_token)
@blp.arguments(OrganisationChangeBody)
def describe_organisation(fields: dict[str, Any], organisation: str) -> Response:
    expected_version(required=True)

    def work(connection: Connection) -> Answer:
        if queries.document(connection, "organisations", organisation) is None:
            raise not_found(f"There is no organisation {organisation}.")
        _refuse_taken_code(connection, fields.get("ods_code"), organisation)
        changes = {k: "" if v is None else v for k, v in _upper(fields).items()}
        command = o.DescribeOrganisation(o.OrganisationDescribed(**changes))
        handle(connection, ORGANISATION, organisation, command)
        return shown(connection, "organisations", organisation)

    return transact(service(), work)


def _refuse_taken_code(connection: Connection, code: str | None, organisation: str | None) -> None:
    """An ODS code is one organisation's. Raises Problem 409."""
    lock_in_turn(connection, "codes of organisations")
    holder = queries.organisation_with_code(connection, code.upper()) if code else None
    if holder not in (None, organisation):
        reason = f"{code!r} is the code of the organisation {holder}"
        raise Problem(409, f"ods_code: {reason}.", {"ods_code": [reason]})


def _upper(fields: dict[str, Any]) -> dict[str, Any]:
    """ODS codes are compared, and kept, in upper case."""
    code = fields.get("ods_code")
    return fields | {"ods_code": code.upper() if code else code} if "ods_code" in fields else fields
