"""The map of communities, as data and as a picture."""

from collections.abc import Mapping

import msgspec
from flask import Response, current_app, request

from services.discovery.api.asking import READING, known_now, network_ids
from services.discovery.map.following import Atlas
from services.discovery.map.picture import draw
from services.discovery.map.view import View, as_json, view
from shared.http.policies import anyone, policy
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import Problem
from shared.web.parameters import Described, takes
from shared.web.turns import in_turn

blp = Blueprint("map", "map", description="The map: who is near whom")
_FILTERS: Mapping[str, Described] = {
    "network": "Only those of this network: its id, or any name or alias of it",
    "region": "Only those of this region",
}
_SOON = 5  # seconds


@blp.get("/map")
@blp.doc(summary="Every open community, who is joined to whom, groups, and who ought to meet")
@takes(_FILTERS)
@policy(anyone)
@in_turn(READING)
def as_data() -> Response:
    known = known_now()
    body = msgspec.json.encode(as_json(_asked_for(), known))
    return _answer(body, "application/json")


@blp.get("/map.svg")
@blp.doc(summary="The same as a picture, with its text")
@takes(_FILTERS)
@policy(anyone)
@in_turn(READING)
def as_picture() -> Response:
    return _answer(draw(_asked_for()).encode(), "image/svg+xml; charset=utf-8")


def atlas() -> Atlas:
    """The map in the memory of this process."""
    found: Atlas = current_app.extensions.setdefault("hedgerow_atlas", Atlas())
    return found


def _asked_for() -> View:
    known = known_now()
    networks = network_ids("network", request.args.getlist("network"), known)
    with service().database.read() as connection:
        present = atlas().present(connection, known)
    if present is None:
        raise Problem(
            503,
            "The first map is being drawn. Try again in a moment.",
            headers={"Retry-After": str(_SOON)},
        )
    return view(present, known, networks, request.args.getlist("region"))


def _answer(body: bytes, kind: str) -> Response:
    """The answer, or 304 to who has it already."""
    response = Response(body, content_type=kind)
    response.add_etag()
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response
