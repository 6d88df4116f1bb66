"""Communities: registered, described, listed; their past."""

from collections.abc import Collection
from functools import cache
from typing import Any

import msgspec
from flask import Response, request

from services.registry import people, queries
from services.registry.api.answers import handle, read, reader, record_members, shown, with_roles
from services.registry.api.schemas import DescriptionBody, RegistrationBody
from services.registry.communities.visibility import (
    convenes,
    sees_everyone,
    sees_members,
    visible_roles,
)
from services.registry.domain.community import (
    ACTIVE,
    CLOSED,
    DORMANT,
    PROPOSED,
    STAGES,
    Described,
    Registered,
)
from services.registry.domain.decisions import Describe, Register
from services.registry.domain.person import FORMER
from services.registry.events import COMMUNITY, membership_stream
from services.registry.history import Names, entry, people_in
from services.registry.projections.communities import document
from services.registry.rules import REGISTERED_PER_PERSON, REGISTERING_WINDOW
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import lock_in_turn
from shared.eventstore.events import COPIED
from shared.foundation.names import name_key
from shared.http.policies import (
    anyone,
    co_convener_of,
    convener_of,
    operator,
    policy,
    service_token,
    signed_in,
)
from shared.http.reads import record
from shared.identifiers import new_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.commands import Answer, expected_version, transact
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found, too_many
from shared.web.paging import page_asked, page_response
from shared.web.parameters import PAGE, moment, one_of, takes

blp = Blueprint("communities", "communities", description="Who there is")
_STATES = (PROPOSED, ACTIVE, DORMANT, CLOSED)


@blp.post("/communities")
@blp.doc(summary="Register a community")
@policy(signed_in, operator, service_token)
@blp.arguments(RegistrationBody)
@blp.alt_response(201, description="The community as registered")
@blp.alt_response(
    429,
    description="This person registered as many as one may in a day; Retry-After says when again",
)
def register(fields: dict[str, Any]) -> Response:
    def work(connection: Connection) -> Answer:
        _check_limit(connection)
        stream = new_id("com")
        networks = references(connection, fields) or ()
        registered = Registered(**(fields | {"networks": networks}))
        handle(connection, COMMUNITY, stream, Register(registered))
        return shown(connection, "communities", stream, status=201)

    return transact(service(), work)


def _check_limit(connection: Connection) -> None:
    """Raises Problem 429 for a person who registered as many as one may; operators may any."""
    who, now = reader(), service().clock.now()
    if sees_everyone(connection, who):
        return
    lock_in_turn(connection, f"registering by {who.person}")
    found = queries.registered_by(connection, who.person, now - REGISTERING_WINDOW)
    if len(found) < REGISTERED_PER_PERSON:
        return
    raise too_many(
        f"You registered {len(found)} communities within a day, and no more than"
        f" {REGISTERED_PER_PERSON} can be. Try again later, or ask the operator to register it.",
        found[-REGISTERED_PER_PERSON] + REGISTERING_WINDOW,
        now,
    )


@blp.get("/communities")
@blp.doc(summary="List communities")
@takes(
    {
        "network": "A network's id, name or alias",
        "region": "The region, as written there",
        "stage": one_of(*STAGES),
        "state": one_of(*_STATES),
        "needs_convener": "true or false",
        "unclaimed": "true or false: those from a list that nobody has claimed yet",
        "person": "Whose communities, by a role held today: for the person and operators",
        "external_id": "Its id in another list",
        "sort": one_of(*queries.ORDERS),
        **PAGE,
    }
)
@policy(anyone)
def list_all() -> Response:
    order = request.args.get("sort", "registered")
    if order not in queries.ORDERS:
        raise invalid("sort", f"must be one of: {', '.join(queries.ORDERS)}")
    wanted = page_asked(order, 2)
    with service().database.read() as connection:
        filters = _filters(connection)
        today = service().clock.now().date()
        found = queries.list_communities(connection, filters, order, wanted, today)
        items = with_roles(connection, found.items)
    record_members(items)
    if "person" in filters:
        record([filters["person"]], "the communities in which you have a role")
    return page_response(items, found.next)


_FLAGS = ("needs_convener", "unclaimed")
_FILTERS = ("network", "region", "stage", "state", *_FLAGS, "external_id", "person")


def _filters(connection: Connection) -> dict[str, Any]:
    filters: dict[str, Any] = {n: v for n in _FILTERS if (v := request.args.get(n)) is not None}
    for name, choices in (("stage", STAGES), ("state", _STATES)):
        if name in filters and filters[name] not in choices:
            raise invalid(name, f"must be one of: {', '.join(choices)}")
    for name in _FLAGS:
        if name in filters:
            if filters[name] not in ("true", "false"):
                raise invalid(name, "must be true or false")
            filters[name] = int(filters[name] == "true")
    if "person" in filters:
        who = reader()
        if filters["person"] != who.person and not sees_everyone(connection, who):
            raise Problem(403, "Whose communities these are is for themselves and for operators.")
    if "region" in filters:
        filters["region"] = name_key(filters["region"])
    if "network" in filters:
        network = queries.find_network(connection, filters["network"])
        if network is None:
            raise invalid("network", f"{filters['network']!r} is no network's id, name or alias")
        filters["network"] = network
    return filters


@blp.get("/communities/<community>")
@blp.doc(
    summary="One community, as it is or as it was",
)
@takes({"as_of": "A time with its zone: the community as it was known then"})
@policy(anyone)
def get_one(community: str) -> Response:
    until = moment("as_of")
    if until is None:
        return read("communities", community)
    now = service().clock.now()
    if until > now:
        raise invalid("as_of", f"has not come yet; it is {rfc3339(now)}")
    with service().database.read() as connection:
        events = service().store.load(connection, community, until=until)
        loaded = service().streams.load(connection, COMMUNITY, community, until=until)
        visible = visible_roles(connection, [community], reader(), now.date())
    if not events or not events[0].type.startswith("registry.community."):
        raise not_found(f"There was no community {community} at {rfc3339(until)}.")
    first, last = rfc3339(events[0].time), rfc3339(events[-1].time)
    found = document(community, loaded.state, loaded.version, first, last)
    ends = {role.id: role.ends for role in loaded.state.roles}
    roles = [
        role | {"to": ends[role["id"]]} for role in visible.get(community, ()) if role["id"] in ends
    ]
    body = found | {"roles": roles, "as_of": rfc3339(until)}
    record_members([body])
    return json_response(body, private=not reader().is_anyone)


@blp.get("/communities/<community>/history")
@blp.doc(summary="Every change of a community, in a sentence and as data")
@policy(anyone)
def history(community: str) -> Response:
    with service().database.read() as connection:
        events = service().store.load(connection, community)
        if not events or not events[0].type.startswith("registry.community."):
            raise not_found(f"There is no community {community}.")

        today = service().clock.now().date()
        whole = sees_members(connection, community, reader(), today)
        if whole:
            of_people = service().store.load(connection, membership_stream(community))
            events += [event for event in of_people if event.origin != COPIED]
            events.sort(key=lambda event: event.time)
        named = set[str]().union(*map(people_in, events)) if whole else set()
        names = _names(connection, named)
        items = [entry(event, names, whole=whole) for event in events]
        read_by_task = whole and not convenes(connection, community, reader(), today)
    if read_by_task:
        record(named, "the history of a community")
    return page_response(items, None)


def _names(connection: Connection, persons: Collection[str]) -> Names:
    known = {found.id: found.name for found in people.by_ids(connection, sorted(persons))}

    @cache
    def network(network_id: str) -> str:
        found = queries.document(connection, "networks", network_id)
        return str(msgspec.json.decode(found.json)["name"]) if found else network_id

    return Names(network, lambda person: known.get(person, FORMER))


@blp.patch("/communities/<community>")
@blp.doc(summary="Change what a community says of itself")
@policy(convener_of(), co_convener_of(), operator, service_token)
@blp.arguments(DescriptionBody)
def describe(fields: dict[str, Any], community: str) -> Response:
    expected_version(required=True)
    if not fields:
        raise Problem(422, "The body names nothing to change.")

    def work(connection: Connection) -> Answer:
        changes: dict[str, Any] = {
            name: "" if value is None else value for name, value in fields.items()
        }
        networks = references(connection, fields)
        changes.pop("networks", None)
        require(connection, community)
        handle(connection, COMMUNITY, community, Describe(Described(**changes), networks))
        return shown(connection, "communities", community)

    return transact(service(), work)


def require(connection: Connection, community: str) -> None:
    """Raises Problem 404 where there is no such community."""
    if queries.document(connection, "communities", community) is None:
        raise not_found(f"There is no community {community}.")


def references(connection: Connection, fields: dict[str, Any]) -> tuple[str, ...] | None:
    """The ids of the networks that are named by id, name or alias; None where `fields` has none.

    Raises Problem 422 that names every network and organisation that is not known.
    """
    named: tuple[str, ...] = fields.get("networks", ())
    found = {name: queries.find_network(connection, name) for name in named}
    errors = {}
    if unknown := [name for name, network in found.items() if network is None]:
        errors["networks"] = [f"{name!r} is no network's id, name or alias" for name in unknown]
    host = fields.get("organisation")
    if host and queries.unknown_ids(connection, "organisations", [host]):
        errors["organisation"] = [f"{host!r} is no organisation's id"]
    if errors:
        reasons = (f"{name}: {'; '.join(said)}" for name, said in errors.items())
        raise Problem(422, ". ".join(reasons), errors)
    if "networks" not in fields:
        return None
    return tuple(dict.fromkeys(network for network in found.values() if network is not None))
