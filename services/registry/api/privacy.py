"""What the law gives a person: a copy of all that is held, and to be forgotten."""

from typing import Any

from flask import Response

from services.registry import people, queries
from services.registry.api.people import former
from services.registry.domain.refusal import Refused
from services.registry.erasing import erase
from services.registry.events import COMMUNITY
from services.registry.identity.addresses import handlers as addresses
from services.registry.identity.grants import queries as grants
from services.registry.identity.oidc import handlers as oidc
from services.registry.identity.sessions import queries as sessions
from services.registry.identity.sign_ins import queries as sign_ins
from services.registry.privacy.handlers import Unavailable, ask
from services.registry.projections.erasures import ERASURES
from shared.clock import rfc3339
from shared.connection import Connection
from shared.http.policies import operator, policy, self_, service_token
from shared.http.reads import record
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import load_rows
from shared.service import reads
from shared.settings import SERVICES
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.commands import Answer, cause, transact
from shared.web.context import service
from shared.web.errors import not_found

blp = Blueprint("privacy", "privacy", description="Copies and erasure of what is held of a person")


@blp.delete("/people/<person>")
@blp.doc(summary="Erase a person here and in every service")
@policy(self_(), operator, fresh=True)
@blp.alt_response(202, description="Erased here; the other services confirm one by one")
def delete(person: str) -> Response:
    def work(connection: Connection) -> Answer:
        try:
            erase(service(), connection, person, cause=cause(), now=service().clock.now())
        except Refused as refused:
            raise not_found(f"There is no person {person}.") from refused
        return Answer(_erasure(connection, person), 202, location=f"/people/{person}/erasure")

    response = transact(service(), work)
    service().database.leave_no_trace()
    return response


@blp.get("/people/<person>/erasure")
@blp.doc(summary="Which services have confirmed that they forgot a person")
@policy(operator, service_token)
def erasure(person: str) -> Response:
    with service().database.read() as connection:
        if people.by_id(connection, person) is not None:
            raise not_found(f"The person {person} was not erased.")
        return json_response(_erasure(connection, person), private=True)


def _erasure(connection: Connection, person: str) -> dict[str, Any]:
    erased_at = former(connection, person)["erased_at"]
    generation = active(connection, FOLLOWED)
    row = load_rows(connection, ERASURES, generation, [person]).get(person)
    confirmed = (row["confirmed"] if row else {}) | {"registry": erased_at}
    services = {name: confirmed.get(name) for name in SERVICES}
    return {
        "person": person,
        "erased_at": erased_at,
        "services": services,
        "complete": all(services.values()),
    }


@blp.get("/people/<person>/export")
@blp.doc(summary="All that is held about a person, here and in the other services")
@policy(self_(), operator)
def export(person: str) -> Response:
    with service().database.read() as connection:
        found = people.by_id(connection, person)
        shown = people.shown(connection, found) if found else former(connection, person)
        here = {
            "roles": _roles(connection, person),
            "changes_made": service().store.brought_about(connection, person),
            "grants": [g._asdict() for g in grants.of_person(connection, person)],
            "sessions": [
                {"started_at": rfc3339(s.started_at), "used_at": rfc3339(s.used_at)}
                for s in sessions.of_person(connection, person)
            ],
            "sign_ins": [
                {"expires_at": rfc3339(s.expires), "completed": s.completed}
                for s in sign_ins.of_person(connection, person)
            ],
            "accounts": oidc.held(connection, person),
            "address_changes": addresses.held(connection, person),
            **reads.held(connection, person),
        }
    record([person], "a copy of all that is held")
    others = {name: _held_by(name, person) for name in SERVICES if name != "registry"}
    return json_response({"person": shown, "services": {"registry": here, **others}}, private=True)


def _roles(connection: Connection, person: str) -> list[dict[str, Any]]:
    communities = queries.communities_of(connection, person)
    loaded = service().streams.load_many(connection, COMMUNITY, communities)
    return [
        {
            "community": community,
            "role": role.role,
            "from": role.begins.isoformat(),
            "to": role.ends.isoformat() if role.ends else None,
        }
        for community, found in loaded.items()
        for role in found.state.roles
        if role.person == person
    ]


def _held_by(name: str, person: str) -> Any:
    """What another service holds; where it does not answer, that it did not."""
    try:
        return ask(service().settings, name, "people", person, "holdings")["holds"]
    except (Unavailable, KeyError):
        return {"unavailable": f"{name} did not answer; ask again later"}
