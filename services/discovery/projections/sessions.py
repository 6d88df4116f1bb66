"""What discovery keeps of scheduling's sessions: what communities do next, when and where."""

from typing import Any

import msgspec

from services.discovery.domain.joint_session import When, ends
from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.projection.projection import Child, Projection, Row

_SESSION = "scheduling.session."
_KEPT = ("kind", "title", "when", "modality", "place", "communities", "topics", "description")
_STATES = {"postponed": "postponed", "cancelled": "cancelled"}


def fold_session(row: Row | None, event: Event) -> Row:
    data: dict[str, Any] = msgspec.json.decode(event.data)
    change = event.type.removeprefix(_SESSION)
    state = _STATES.get(change, "planned")
    if change == "changed" and row is not None:
        state = row["state"]
    session = {name: data["session"][name] for name in _KEPT if data["session"].get(name)}
    return {"id": event.stream, "state": state, "content": session}


def _held_by(row: Row) -> list[tuple[object, ...]]:
    """Who holds it, and when it is over; nobody looks for one that will not be."""
    if row["state"] != "planned":
        return []
    session = row["content"]
    over = rfc3339(ends(msgspec.convert(session["when"], When)))
    return [(row["id"], key, over) for key in dict.fromkeys(session.get("communities", ()))]


SESSIONS = Projection(
    table="sessions",
    columns=("id", "state", "content"),
    types={
        _SESSION + "scheduled": 1,
        **{
            _SESSION + change: 2
            for change in ("rescheduled", "changed", "postponed", "cancelled", "reinstated")
        },
    },
    fold=fold_session,
    json=frozenset({"content"}),
    children=(Child("session_communities", ("session", "community", "ends"), _held_by),),
)
