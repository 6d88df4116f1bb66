"""Sessions that communities may want to share."""

from typing import Any

from flask import Response

from services.discovery.api.asking import READING, known_now, limit_asked, reader
from services.discovery.domain.joint_session import begins, ends, purpose
from services.discovery.follower import Known
from services.discovery.joint_sessions import Found, find
from shared.clock import rfc3339
from shared.http.policies import anyone, policy
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import not_found
from shared.web.parameters import takes, whole
from shared.web.turns import in_turn

blp = Blueprint("joint sessions", "joint sessions", description="Sessions that may be shared")
_NOTHING = (
    "No linked or closely related community has planned a session that would suit you both."
    " Linking with a related community lets its sessions appear here."
)
_CLOSED = "This community is closed, and plans no sessions."


@blp.get("/communities/<community>/joint-sessions")
@blp.doc(
    summary="Sessions ahead of linked or related communities that these people may want to share"
)
@takes({"limit": whole("How many, up to 100")})
@policy(anyone)
@in_turn(READING)
def joint_sessions(community: str) -> Response:
    """Best first: those without a clash, then those of linked communities, then the soonest."""
    limit, known = limit_asked(), known_now()
    asking = known.index.get(community)
    if asking is None:
        raise not_found(
            f"Discovery knows no community {community}."
            " If it was registered a moment ago, it may still be on its way."
        )
    found: list[Found] = []
    with service().database.read() as connection:
        own = reader(connection).speaks_for(community)
        if not asking.closed:
            found = find(connection, known, asking, service().clock.now(), seen_by_own=own)
    body: dict[str, Any] = {"items": [_item(f, known) for f in found[:limit]], "next": None}
    if not found:
        body["note"] = _CLOSED if asking.closed else _NOTHING
    return json_response(body, private=own)


def _item(found: Found, known: Known) -> dict[str, Any]:
    session = found.session
    held = ((key, known.index.get(key)) for key in session.communities)
    return {
        "id": session.id,
        "title": session.title,
        "kind": found.kind,
        "when": session.when,
        "starts": rfc3339(begins(session.when)),
        "ends": rfc3339(ends(session.when)),
        "modality": session.modality,
        "place": session.place,
        "communities": [
            {"id": key, "name": document.shown_name if document else key} for key, document in held
        ],
        "linked": found.linked,
        "score": None if found.score is None else round(found.score, 4),
        "reasons": found.reasons,
        "clashes": found.clashes,
        "propose": {"to": found.holder.id, "purpose": purpose(session)},
    }
