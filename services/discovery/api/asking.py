"""What every request to discovery asks for alike: the index, networks by name, how many."""

from collections.abc import Mapping, Sequence
from typing import cast

from flask import current_app

from services.discovery.api.schemas import STAGES
from services.discovery.follower import Follower, Known
from services.discovery.projections.conveners import convened_by
from shared.connection import Connection
from shared.web.callers import ANYONE, caller
from shared.web.context import service
from shared.web.errors import Problem, invalid
from shared.web.parameters import whole_number
from shared.web.turns import Turns

MAX_LIMIT = 100
LONGEST_QUERY = 500
# What may cost more than ten times what a static answer does, measured: tests/bench/costs.py. A
# reader waits for a moment rather than be told to come again.
READING = Turns(waiting=6, seconds=2.0)


def follower() -> Follower:
    return cast(Follower, current_app.extensions["hedgerow_follower"])


def known_now() -> Known:
    """The index and what goes with it. Raises Problem 503 while it is being filled."""
    known = follower().known
    if known is None:
        raise Problem(
            503,
            "The index of communities is being filled. Try again in a moment.",
            headers={"Retry-After": "2"},
        )
    return known


def network_ids(field: str, named: Sequence[str], known: Known) -> list[str]:
    """The ids of networks by id, or by any name or alias. Raises Problem 422 that names every
    one that is not known."""
    found = {name: known.networks.find(name) for name in named}
    if unknown := [name for name, network in found.items() if network is None]:
        reasons = [
            f"{name!r} is no network's id, name or alias."
            " If it was registered a moment ago, it may still be on its way."
            for name in unknown
        ]
        raise Problem(422, f"{field}: {' '.join(reasons)}", {field: reasons})
    return list(dict.fromkeys(network for network in found.values() if network is not None))


def speaks_for(connection: Connection, community: str) -> bool:
    """Whether the caller may see what a community keeps to itself: what it found not useful.

    The operator and the services may; on behalf of a person, where that person convenes it.
    """
    asking = caller()
    if asking.kind == ANYONE or asking.actor is None:
        return asking.kind != ANYONE
    today = service().clock.now().date()
    return bool(convened_by(connection, asking.actor, [community], today))


def limit_asked() -> int:
    """How many are wanted, 10 where it is not said. Raises Problem 422."""
    return whole_number("limit", 10, 1, MAX_LIMIT, capped=True)


def checked_filters(given: Mapping[str, Sequence[str]], known: Known) -> dict[str, list[str]]:
    """The filters of a search, networks by id. Raises Problem 422 for a network or a stage that
    is none."""
    filters = {name: list(values) for name, values in given.items()}
    if any(stage.strip().casefold() not in STAGES for stage in filters.get("stage", ())):
        raise invalid("stage", f"must be one of: {', '.join(STAGES)}")
    if "network" in filters:
        filters["network"] = network_ids("network", filters["network"], known)
    return filters
