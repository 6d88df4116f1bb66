"""What discovery keeps of the registry's events: a tolerant reader of the fields it uses."""

from typing import Any

import msgspec

from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.projection.projection import Projection, Row

_TEXTS = ("name", "domain", "practice", "learning_question", "region")
_LISTS = ("topics", "sectors", "networks")
_COMMUNITY = "registry.community."
_NETWORK = "registry.network."


def fold_community(row: Row | None, event: Event) -> Row:
    """The community as the index will hold it. Raises KeyError for one never registered."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    change = event.type.removeprefix(_COMMUNITY)
    content = _registered(data) if change == "registered" else _changed(row, change, data)
    return _row(event, content)


def _registered(data: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: data.get(name) or "" for name in _TEXTS},
        **{name: data.get(name) or [] for name in _LISTS},
        "stage": data.get("stage") or "",
        "state": data.get("state") or "active",
        "successors": [],
    }


def _changed(row: Row | None, change: str, data: dict[str, Any]) -> dict[str, Any]:
    if row is None:
        raise KeyError("this community was never registered here")
    content: dict[str, Any] = row["content"]
    networks = content["networks"]
    match change:
        case "described":
            known = (*_TEXTS, "topics", "sectors")
            return content | {name: data[name] for name in known if data.get(name) is not None}
        case "network-joined":
            return content | {"networks": [*networks, data["network"]]}
        case "network-left":
            return content | {"networks": [n for n in networks if n != data["network"]]}
        case "stage-changed":
            return content | {"stage": data["stage"]}
        case "state-changed":
            return content | {"state": data["state"]}
        case "closed":
            return content | {"state": "closed", "successors": data.get("into") or []}
        case _:  # reopened
            return content | {"state": "active", "successors": []}


def fold_network(row: Row | None, event: Event) -> Row:
    """A network's present name, its dated names and its aliases: all of them find it."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    content: dict[str, Any] = row["content"] if row else {"name": ""}
    content = {"names": [], "aliases": []} | content
    if data.get("name"):
        content["name"] = data["name"]
    if data.get("names") is not None:
        content["names"] = [dated["name"] for dated in data["names"]]
    if data.get("aliases") is not None:
        content["aliases"] = data["aliases"]
    return _row(event, content)


def _row(event: Event, content: dict[str, Any]) -> Row:
    return {
        "id": event.stream,
        "version": event.version,
        "at": rfc3339(event.time),
        "content": content,
    }


_COLUMNS = ("id", "version", "at", "content")

DOCUMENTS = Projection(
    table="documents",
    columns=_COLUMNS,
    types=dict.fromkeys(
        (
            _COMMUNITY + change
            for change in (
                "registered",
                "described",
                "network-joined",
                "network-left",
                "stage-changed",
                "state-changed",
                "closed",
                "reopened",
            )
        ),
        1,
    ),
    fold=fold_community,
    json=frozenset({"content"}),
    stamped=True,
)

NETWORKS = Projection(
    table="networks",
    columns=_COLUMNS,
    types={_NETWORK + "registered": 1, _NETWORK + "described": 1},
    fold=fold_network,
    json=frozenset({"content"}),
    stamped=True,
)
