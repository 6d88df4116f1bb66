"""What people looked for and did not find, for those who can do something about it."""

from typing import Any

from flask import Response, request

from services.discovery.api.asking import known_now, network_ids
from services.discovery.follower import Known
from services.discovery.unmet.needs import LEAST_ASKERS, UnmetNeed, unmet_needs
from shared.http.policies import any_team, lead_of, operator, policy
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.parameters import takes

blp = Blueprint("unmet", "unmet", description="What was looked for and not found")
_NETWORK = "Only what concerns this network: its id, or any name or alias of it"
_DAY = len("2026-03-01")


@blp.get("/unmet-needs")
@blp.doc(
    summary="What three different askers or more looked for and did not find",
    description="An asker is a network address, whatever browsers are behind it.",
)
@takes({"network": _NETWORK})
@policy(lead_of("query:network"), any_team, operator)
def list_unmet_needs() -> Response:
    """Likeness of meaning counts, not spelling. What has come to be since is left out.

    Whoever leads a network names it.
    """
    known = known_now()
    named = request.args.get("network")
    network = network_ids("network", [named], known)[0] if named is not None else None
    with service().database.read() as connection:
        needs = unmet_needs(connection, service().clock.now(), network)
    items = [_item(need) for need in needs if not _met(need, network, known)]
    body = {"items": items, "next": None, "least_askers": LEAST_ASKERS}
    return json_response(body)


def _met(need: UnmetNeed, network: str | None, known: Known) -> bool:
    """Whether there is something of it by now, in the networks in which it was looked for."""
    networks = [network] if network is not None else list(need.networks)
    filters = {"network": networks} if networks else {}
    return bool(known.index.search(need.text, limit=1, filters=filters).total)


def _item(need: UnmetNeed) -> dict[str, Any]:
    return {
        "looked_for": need.text,
        "askers": need.askers,
        "first": need.first[:_DAY],
        "last": need.last[:_DAY],
        "networks": need.networks,
    }
