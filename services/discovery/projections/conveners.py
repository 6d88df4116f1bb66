"""Who convenes a community, from the registry's events: they may answer a proposal on its page."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from shared.connection import Connection
from shared.eventstore.events import Event
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import Projection, Row, load_rows
from shared.service.authority import ENDED_ROLE, STARTED, community_of

_CONVENING = ("convener", "co-convener")


def fold_roles(row: Row | None, event: Event) -> Row:
    """The convening roles of a community: id, person, first day, first day without it or None."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    roles: list[list[Any]] = row["roles"] if row else []
    role, ends = data.get("role_id"), data.get("ends")
    if event.type == ENDED_ROLE:
        roles = [[*r[:3], ends] if r[0] == role else r for r in roles]
    elif data.get("role") in _CONVENING:
        held = [role, data.get("person"), data.get("begins"), ends]
        roles = [*(r for r in roles if r[0] != role), held]
    return {"community": community_of(event), "roles": roles}


def convened_by(
    connection: Connection, person: str, communities: Sequence[str], on: date
) -> list[str]:
    """Those of these communities that a person convenes on a day, in their order."""
    rows = load_rows(connection, CONVENED, active(connection, FOLLOWED), communities)
    day = on.isoformat()
    return [
        community
        for community in communities
        if community in rows
        and any(
            who == person and begins <= day and (ends is None or ends > day)
            for _, who, begins, ends in rows[community]["roles"]
        )
    ]


CONVENED = Projection(
    table="convened",
    columns=("community", "roles"),
    types={STARTED: 1, ENDED_ROLE: 1},
    fold=fold_roles,
    key=community_of,
    json=frozenset({"roles"}),
)
