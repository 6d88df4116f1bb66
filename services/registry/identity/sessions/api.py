"""What people ask about themselves: who they are here, and where they are signed in."""

from typing import Any

from flask import Response

from services.registry import people, queries
from services.registry.identity.grants import queries as grants
from services.registry.identity.sessions import handlers
from services.registry.identity.sessions import queries as sessions
from services.registry.identity.sign_ins.decider import Reason
from shared.clock import rfc3339
from shared.http.policies import policy, signed_in
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.commands import cause
from shared.web.context import service
from shared.web.errors import not_found

blp = Blueprint("me", "me", description="The person who has signed in")


@blp.get("/me")
@blp.doc(summary="Who has signed in: name, address, roles and grants")
@policy(signed_in)
def me() -> Response:
    """Roles have the community's name, and grants the network's; a programme is at scheduling."""
    person, today = caller().person, service().clock.now().date()
    with service().database.read() as connection:
        found = people.by_id(connection, person)
        if found is None:
            raise not_found(f"There is no person {person}.")
        roles = queries.present_roles(connection, person, today)
        given = grants.present(connection, person)
        called = queries.names(connection, "communities", {r["community"] for r in roles})
        called |= queries.names(connection, "networks", {g.scope for g in given if g.scope})
    body = {
        "id": found.id,
        "name": found.name,
        "email": found.email,
        "roles": [role | {"name": called[role["community"]]} for role in roles],
        "grants": [
            {"id": g.id, "grant": g.kind, "scope": g.scope, "name": called.get(g.scope or "")}
            for g in given
        ],
        "session": caller().session,
    }
    return json_response(body, version=found.version, private=True)


@blp.get("/me/sessions")
@blp.doc(summary="Where one is signed in")
@policy(signed_in)
def list_sessions() -> Response:
    with service().database.read() as connection:
        found = sessions.of_person(connection, caller().person)
    return json_response({"items": [_shown(item) for item in found], "next": None}, private=True)


@blp.delete("/me/sessions/<session>")
@blp.doc(summary="Sign out of one session: this one, or another that one no longer has")
@policy(signed_in)
def end_session(session: str) -> Response:
    """Its tokens are refused here at once, by the other services as soon as they have heard."""
    here = service()
    with here.write() as connection:
        found = sessions.by_id(connection, session)
        if found is None or found.person != caller().person:
            raise not_found(f"There is no session {session} of yours, or no longer.")
        is_this = session == caller().session
        reason = Reason.SIGNED_OUT if is_this else Reason.REVOKED
        handlers.end(
            here.streams, connection, [session], reason, cause=cause(), now=here.clock.now()
        )
    return json_response({"session": session, "ended": True}, private=True)


def _shown(session: sessions.Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "created_at": rfc3339(session.started_at),
        "used_at": rfc3339(session.used_at),
        "current": session.id == caller().session,
    }
