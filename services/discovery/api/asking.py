"""What every request to discovery asks for alike: the index, networks by name, how many."""

from collections.abc import Mapping, Sequence
from typing import cast

from flask import current_app

from services.discovery.api.schemas import STAGES
from services.discovery.follower import Follower, Known
from services.discovery.links import Reader
from shared.connection import Connection
from shared.http.acting import acts_for_platform
from shared.service.authority import convened
from shared.web.callers import ANYONE, caller, unauthorised
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


def reader(connection: Connection) -> Reader:
    """Whose eyes the caller looks with: the platform's, or those of one who convenes communities,
    or of none."""
    if acts_for_platform(connection):
        return Reader(all_of_it=True)
    actor = caller().actor
    if actor is None:
        return Reader()
    return Reader(convened=convened(connection, actor, service().clock.now().date()))


def of_the_two_alone() -> Problem:
    """The refusal of what somebody asks about proposals between others."""
    why = "Proposals concern the two alone."
    return unauthorised(why) if caller().kind == ANYONE else Problem(403, why)


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
