"""What scheduling keeps of the registry and of discovery: a tolerant reader of what it uses.

What comes for something that was never seen makes a row all the same: it may be an event of an
earlier version of the platform, and knowing a little is better than waiting for ever.
"""

from typing import Any

import msgspec

from shared.eventstore.events import Event
from shared.projection.projection import Child, Projection, Row
from shared.service import authority
from shared.service.authority import community_of

_COMMUNITY = "registry.community."
_PERSON = "registry.person."
_LINK = "discovery.link."


def fold_community(row: Row | None, event: Event) -> Row:
    """A community's name, state and roles."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    content: dict[str, Any] = (
        row["content"] if row else {"name": "", "state": "active", "into": [], "roles": []}
    )
    change = event.type.removeprefix(_COMMUNITY)
    is_of_roles = change == event.type
    return {
        "id": community_of(event),
        "version": (row["version"] if row else 0) if is_of_roles else event.version,
        "content": _changed(content, change, data),
    }


def _changed(content: dict[str, Any], change: str, data: dict[str, Any]) -> dict[str, Any]:
    match change:
        case "registered":
            name = data.get("name") or str(data.get("domain") or "")[:60]
            return content | {"name": name, "state": data.get("state") or "active"}
        case "described":
            return content | {"name": data.get("name") or content["name"]}
        case "state-changed":
            return content | {"state": data.get("state") or content["state"]}
        case "closed":
            return content | {"state": "closed", "into": data.get("into") or []}
        case "reopened":
            return content | {"state": "active", "into": []}
        case authority.STARTED:
            role = [data.get(k) for k in ("role_id", "person", "role", "begins", "ends")]
            others = [r for r in content["roles"] if r[0] != role[0]]
            return content | {"roles": [*others, role]}
        case _:  # a role ended
            ended, ends = data.get("role_id"), data.get("ends")
            roles = [[*r[:4], ends] if r[0] == ended else r for r in content["roles"]]
            return content | {"roles": roles}


def fold_person(_row: Row | None, event: Event) -> Row:
    erased = event.type == _PERSON + "erased"
    return {"id": event.stream, "erased": int(erased)}


def fold_link(row: Row | None, event: Event) -> Row:
    """A link between two communities, while it is agreed."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    known = row["communities"] if row else []
    ended = event.type == _LINK + "ended"
    return {
        "link": event.stream,
        "communities": data.get("communities") or known,
        "ended": int(ended),
    }


def _linked(row: Row) -> list[tuple[object, ...]]:
    if row["ended"]:
        return []
    both = row["communities"]
    return [(row["link"], one, other) for one in both for other in both if one != other]


COMMUNITIES = Projection(
    table="communities",
    columns=("id", "version", "content"),
    types={
        _COMMUNITY + change: 1
        for change in (*("registered", "described", "state-changed", "closed", "reopened"),)
    }
    | {authority.STARTED: 1, authority.ENDED_ROLE: 1},
    fold=fold_community,
    key=community_of,
    json=frozenset({"content"}),
    children=(
        Child(
            "community_roles",
            ("community", "role_id", "person", "role", "begins", "ends"),
            lambda row: [(row["id"], *role) for role in row["content"]["roles"]],
        ),
    ),
)
PEOPLE = Projection(
    table="people",
    columns=("id", "erased"),
    types={_PERSON + "registered": 1, _PERSON + "erased": 1},
    fold=fold_person,
)
LINKS = Projection(
    table="links",
    columns=("link", "communities", "ended"),
    types={_LINK + "accepted": 1, _LINK + "ended": 1},
    fold=fold_link,
    json=frozenset({"communities"}),
    children=(Child("linked_communities", ("link", "community", "other"), _linked),),
)

FOLLOWED_PROJECTIONS = [COMMUNITIES, PEOPLE, LINKS]
