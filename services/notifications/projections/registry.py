"""What notifications keeps of the registry's events: a tolerant reader of the fields it uses."""

from typing import Any

import msgspec

from shared.eventstore.events import Event
from shared.foundation.names import name_key
from shared.projection.projection import Child, Projection, Row
from shared.service.authority import ENDED_ROLE, STARTED, community_of

_COMMUNITY = "registry.community."
_NETWORK = "registry.network."
_NAME_WORDS = 10


def fold_community(row: Row | None, event: Event) -> Row:
    """Raises KeyError for a community that was never registered."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    change = event.type.removeprefix(_COMMUNITY)
    if change == "registered":
        content = _registered(data) | {"roles": row["content"]["roles"] if row else {}}
    elif event.type in (STARTED, ENDED_ROLE):
        content = _with_role(row["content"] if row else _registered({}), event.type, data)
    else:
        content = _changed(row, change, data)
    return {
        "id": community_of(event),
        "state": content["state"],
        "region": name_key(content["region"]),
        "content": content,
    }


def _registered(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": data.get("name") or "",
        "domain": data.get("domain") or "",
        "region": data.get("region") or "",
        "topics": data.get("topics") or [],
        "networks": data.get("networks") or [],
        "state": data.get("state") or "active",
        "successors": [],
        "roles": {},
    }


def _changed(row: Row | None, change: str, data: dict[str, Any]) -> dict[str, Any]:
    if row is None:
        raise KeyError("this community was never registered here")
    content: dict[str, Any] = row["content"]
    networks = content["networks"]
    match change:
        case "described":
            known = ("name", "domain", "region", "topics")
            return content | {name: data[name] for name in known if data.get(name) is not None}
        case "network-joined":
            return content | {"networks": [*networks, data["network"]]}
        case "network-left":
            return content | {"networks": [n for n in networks if n != data["network"]]}
        case "state-changed":
            return content | {"state": data["state"]}
        case "closed":
            return content | {"state": "closed", "successors": data.get("into") or []}
        case _:  # reopened
            return content | {"state": "active", "successors": []}


def _with_role(content: dict[str, Any], kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Over Kafka, who belongs to a community may come before the community itself."""
    roles, role_id = content["roles"], data["role_id"]
    role = _role(data) if kind == STARTED else roles[role_id] | {"ends": data["ends"]}
    return content | {"roles": roles | {role_id: role}}


def _role(data: dict[str, Any]) -> dict[str, Any]:
    known = ("person", "role", "begins")
    return {name: data[name] for name in known} | {"ends": data.get("ends")}


def community_name(content: dict[str, Any]) -> str:
    """Its name, or where a list gave none, the domain's first words."""
    if content["name"]:
        return str(content["name"])
    words = content["domain"].split()
    return " ".join(words[:_NAME_WORDS]) + ("…" if len(words) > _NAME_WORDS else "")


def fold_network(row: Row | None, event: Event) -> Row:
    """A network's present name."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    return {"id": event.stream, "name": data.get("name") or (row["name"] if row else "")}


COMMUNITIES = Projection(
    table="communities",
    columns=("id", "state", "region", "content"),
    types=dict.fromkeys(
        (
            _COMMUNITY + change
            for change in (
                "registered",
                "described",
                "network-joined",
                "network-left",
                "state-changed",
                "closed",
                "reopened",
            )
        ),
        1,
    )
    | {STARTED: 1, ENDED_ROLE: 1},
    fold=fold_community,
    key=community_of,
    json=frozenset({"content"}),
    children=(
        Child(
            "community_people",
            ("community", "person", "role", "begins", "ends"),
            lambda row: [
                (row["id"], r["person"], r["role"], r["begins"], r["ends"])
                for r in row["content"]["roles"].values()
            ],
        ),
        Child(
            "community_networks",
            ("community", "network"),
            lambda row: [(row["id"], n) for n in dict.fromkeys(row["content"]["networks"])],
        ),
    ),
)

NETWORKS = Projection(
    table="networks",
    columns=("id", "name"),
    types={_NETWORK + "registered": 1, _NETWORK + "described": 1},
    fold=fold_network,
)
