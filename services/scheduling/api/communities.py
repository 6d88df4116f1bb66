"""How communities meet: their rhythm and standing."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from flask import Response, request

from services.scheduling import known, queries
from services.scheduling.domain.rhythm import STANDINGS, Rhythm, rhythm
from services.scheduling.domain.session import MEETING, PLANNED
from services.scheduling.passing_time import meetings
from shared.connection import Connection
from shared.http.policies import anyone, policy
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import invalid, not_found
from shared.web.paging import MAX_LIMIT, encode_cursor, page_asked, page_response
from shared.web.parameters import PAGE, one_of, takes

blp = Blueprint("rhythm", "rhythm", description="How communities meet")
_ORDER = "community"


@blp.get("/communities/<community>/rhythm")
@blp.doc(summary="A community's usual gap between meetings, and how it stands against it")
@policy(anyone)
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
@blp.doc(summary="The standings of communities that have met, by their ids")
@policy(anyone)
@takes({"standing": one_of(*STANDINGS), **PAGE})
def list_all() -> Response:
    wanted = request.args.get("standing")
    if wanted not in (None, *STANDINGS):
        raise invalid("standing", f"must be one of: {', '.join(STANDINGS)}")
    page = page_asked(_ORDER, 1)
    with service().database.read() as connection:
        found = list(islice(_standings(connection, page.after, wanted), page.limit + 1))
    items = [_shown(community, r) for community, r in found[: page.limit]]
    more = len(found) > page.limit
    return page_response(items, encode_cursor(_ORDER, [items[-1]["community"]]) if more else None)


def _standings(
    connection: Connection, after: tuple[str, ...] | None, wanted: str | None
) -> Iterator[tuple[str, Rhythm]]:
    """Community after community that stands so, read some at a time."""
    today = service().clock.now().date()
    last = after[0] if after else ""
    while ids := queries.communities_with_sessions(connection, last, MAX_LIMIT):
        days = meetings(connection, (ids[0], ids[-1]))
        for community in filter(days.__contains__, ids):
            found = rhythm(days[community], today)
            if wanted in (None, found.standing):
                yield community, found
        last = ids[-1]


def _shown(community: str, r: Rhythm) -> dict[str, Any]:
    return {
        "community": community,
        "meetings": r.meetings,
        "usual_gap_days": r.usual_gap,
        "last": r.last.isoformat() if r.last else None,
        "next": r.next.isoformat() if r.next else None,
        "standing": r.standing,
    }
