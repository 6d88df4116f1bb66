"""The grants that hold, and those that have ended, from the registry's own events."""

import msgspec

from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.projection.projection import Projection, Row

GIVEN, ENDED = "registry.grant.given", "registry.grant.ended"


def fold_grant(row: Row | None, event: Event) -> Row:
    if row is not None:
        return row | {"version": event.version, "ended_at": rfc3339(event.time)}
    data: Row = msgspec.json.decode(event.data)
    return {
        "id": event.stream,
        "version": event.version,
        "person": data["person"],
        "kind": data["grant"],
        "scope": data.get("scope"),
        "given_at": rfc3339(event.time),
        "given_by": event.actor,
        "ended_at": None,
    }


GRANTS = Projection(
    table="grants",
    columns=("id", "version", "person", "kind", "scope", "given_at", "given_by", "ended_at"),
    types={GIVEN: 1, ENDED: 1},
    fold=fold_grant,
)
