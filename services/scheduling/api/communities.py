"""How communities meet: their rhythm and standing."""

from typing import Any

from flask import Response, request

from services.scheduling import known, queries
from services.scheduling.domain.rhythm import STANDINGS, Rhythm, rhythm
from services.scheduling.domain.session import MEETING, PLANNED
from services.scheduling.passing_time import meetings
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import invalid, not_found
from shared.web.parameters import one_of, takes

blp = Blueprint("rhythm", "rhythm", description="How communities meet")


@blp.get("/communities/<community>/rhythm")
@blp.doc(summary="A community's usual gap between meetings, and how it stands against it")
def get_one(community: str) -> Response:
    with service().database.read() as connection:
        if community not in known.communities(connection, [community]):
            raise not_found(
                f"This service knows no community {community}. If it was registered a moment ago,"
                " it may still be on its way."
            )
        held = queries.sessions_of_community(connection, community)
    days = [
        f.state.known.when.date
        for f in held
        if f.state.known.kind == MEETING and f.state.state == PLANNED
    ]
    return json_response(_shown(community, rhythm(days, service().clock.now().date())))


@blp.get("/rhythm")
@blp.doc(summary="The standings of all communities that have met")
@takes({"standing": one_of(*STANDINGS)})
def list_all() -> Response:
    wanted = request.args.get("standing")
    if wanted not in (None, *STANDINGS):
        raise invalid("standing", f"must be one of: {', '.join(STANDINGS)}")
    today = service().clock.now().date()
    with service().database.read() as connection:
        days = meetings(connection)
    found = {community: rhythm(held, today) for community, held in sorted(days.items())}
    items = [_shown(c, r) for c, r in found.items() if wanted in (None, r.standing)]
    return json_response({"items": items, "next": None})


def _shown(community: str, r: Rhythm) -> dict[str, Any]:
    return {
        "community": community,
        "meetings": r.meetings,
        "usual_gap_days": r.usual_gap,
        "last": r.last.isoformat() if r.last else None,
        "next": r.next.isoformat() if r.next else None,
        "standing": r.standing,
    }
