"""Where to join a session online: only for those who are coming."""

from typing import Any

from flask import Response

from services.scheduling import belonging, reasons, texts
from services.scheduling.api.acting import runs
from services.scheduling.api.answers import require
from services.scheduling.api.attendance_schemas import JoiningBody, ReasonsBody
from services.scheduling.projections.own import SESSIONS
from shared.http.policies import (
    co_convener_of,
    convener_of,
    operator,
    participant_in,
    policy,
    service_token,
    team_of,
)
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.context import service
from shared.web.errors import Problem

blp = Blueprint("joining", "joining", description="Where to join online")


@blp.get("/sessions/<session>/join-address")
@blp.doc(summary="Where to join online; for those who come, and for the services")
@policy(
    participant_in("session"),
    convener_of("session"),
    co_convener_of("session"),
    team_of("session"),
    operator,
)
def join_address(session: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, SESSIONS, session)
        actor = caller().actor
        now = service().clock.now()
        sees = actor is None or runs(connection, found.state.known)
        if not sees and not belonging.part(connection, found, actor or "", now).may_join:
            raise Problem(403, "The address to join by is for those who are coming.")
        told = texts.join_address(connection, session)
    return json_response({"session": session, "join_address": told}, private=True)


@blp.post("/sessions/reasons")
@blp.doc(summary="Why sessions changed, for a service that is about to write of it")
@policy(service_token)
@blp.arguments(ReasonsBody)
def session_reasons(fields: dict[str, Any]) -> Response:
    """What is in `events` and not in `items` has no reason, or one whose writer was erased."""
    with service().database.read() as connection:
        told = reasons.of_events(connection, fields["events"])
    items = [{"event": event, "reason": reason} for event, reason in told.items()]
    return json_response({"items": items}, private=True)


@blp.post("/sessions/join-addresses")
@blp.doc(summary="Where people join sessions online, for a service that is about to write to them")
@policy(service_token)
@blp.arguments(JoiningBody)
def join_addresses(fields: dict[str, Any]) -> Response:
    """What is in `asked` and not in `items` has no address, or is of somebody not coming."""
    asked = [(entry["session"], entry["person"]) for entry in fields["asked"]]
    with service().database.read() as connection:
        told = belonging.join_addresses(connection, asked, service().clock.now())
    items = [
        {"session": session, "person": person, "join_address": address}
        for (session, person), address in told.items()
    ]
    return json_response({"items": items}, private=True)
