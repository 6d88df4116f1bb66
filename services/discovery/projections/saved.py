"""Discovery's own read models of saved searches: what there is, and the ledger of what was told."""

from typing import Any

import msgspec

from services.discovery.domain.saved_search import ACTIVE, REMOVED
from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.projection.projection import Projection, Row

_SEARCH = "discovery.saved-search."
_MADE, _MATCHED, _REMOVED = _SEARCH + "made", _SEARCH + "matched", _SEARCH + "removed"


def fold_search(row: Row | None, event: Event) -> Row:
    """A search as it is now. Raises KeyError for one that was never made."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    if event.type == _MADE:
        about = {name: data.get(name) for name in ("kind", "like", "threshold")}
        content = {**about, "made_at": rfc3339(event.time)}
        return _row(event, data["person"], ACTIVE, content)
    if row is None:
        raise KeyError("this saved search was never made here")
    state = REMOVED if event.type == _REMOVED else row["state"]
    return _row(event, row["person"], state, row["content"])


def _row(event: Event, person: str, state: str, content: dict[str, Any]) -> Row:
    return {
        "id": event.stream,
        "version": event.version,
        "person": person,
        "state": state,
        "content": content,
    }


def fold_told(_row: Row | None, event: Event) -> Row:
    return {
        "id": told_key(event),
        "search": event.stream,
        "community": msgspec.json.decode(event.data)["community"],
        "at": rfc3339(event.time),
    }


def told_key(event: Event) -> str:
    """A line of the ledger: one search, one community."""
    return f"{event.stream} {msgspec.json.decode(event.data)['community']}"


SAVED_SEARCHES = Projection(
    table="saved_searches",
    columns=("id", "version", "person", "state", "content"),
    types={_MADE: 1, _MATCHED: 1, _REMOVED: 1},
    fold=fold_search,
    json=frozenset({"content"}),
)

TOLD = Projection(
    table="saved_search_told",
    columns=("id", "search", "community", "at"),
    types={_MATCHED: 1},
    fold=fold_told,
    key=told_key,
)

OWN_SAVED = [SAVED_SEARCHES, TOLD]
