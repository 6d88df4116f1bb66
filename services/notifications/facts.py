"""What a message says besides to whom: gathered when the event is consumed, without personal data.

Facts are kept in the announcement, so that a message rendered later tells what was so then. People
are ids here; their names are asked from the registry when a message is rendered.
"""

from typing import Any

import msgspec

from services.notifications.projections.registry import COMMUNITIES, NETWORKS, community_name
from shared.connection import Connection
from shared.eventstore.events import Event
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import load_rows

_MOST_NAMED = 10


def data_of(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.json.decode(event.data)
    return data


def communities_of(_connection: Connection, event: Event) -> list[str]:
    """The communities that an event concerns."""
    return [event.stream] if event.type.startswith("registry.community.") else []


def gather(connection: Connection, event: Event, communities: list[str]) -> dict[str, Any]:
    data = data_of(event)
    generation = active(connection, FOLLOWED)
    named = [*communities, *data.get("into", ()), *filter(None, [data.get("predecessor")])]
    rows = load_rows(connection, COMMUNITIES, generation, list(dict.fromkeys(named)))
    contents = {key: row["content"] for key, row in rows.items()}
    networks = [n for c in communities if c in contents for n in contents[c]["networks"]]
    found = load_rows(connection, NETWORKS, generation, list(dict.fromkeys(networks)))
    return {
        "communities": [_community(key, contents.get(key)) for key in communities],
        "networks": sorted(row["name"] for row in found.values() if row["name"]),
        **_of_registry(data, contents),
    }


def _community(key: str, content: dict[str, Any] | None) -> dict[str, Any]:
    if content is None:
        return {"id": key, "name": "a community", "region": "", "domain": "", "topics": []}
    return {
        "id": key,
        "name": community_name(content),
        "region": content["region"],
        "domain": content["domain"][:600],
        "topics": content["topics"][:_MOST_NAMED],
    }


def _of_registry(data: dict[str, Any], contents: dict[str, Any]) -> dict[str, Any]:
    """What this kind of event tells, by the words that the templates use."""
    found: dict[str, Any] = {}
    if "ending" in data:
        found["ending"] = data["ending"]
        found["into"] = [_community(key, contents.get(key)) for key in data.get("into", ())]
    if data.get("predecessor"):
        found["predecessor"] = _community(data["predecessor"], contents.get(data["predecessor"]))
    if data.get("person"):
        found["person"] = data["person"]
    if data.get("role"):
        found |= {"role": data["role"], "begins": data.get("begins"), "ends": data.get("ends")}
    return found
