"""The communities as they are read: the present state, what lists filter by, and the API's JSON."""

from typing import Any

import msgspec

from services.registry.domain.community import CLOSED, Community, evolve
from services.registry.events import EVENT_TYPES
from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.foundation.names import name_key
from shared.projection.projection import Child, Projection, Row
from shared.service.authority import MEMBERSHIP, community_of

_NAME_WORDS = 10


def shown_name(community: Community) -> str:
    """Its name, or where a list gave none, the domain's first words."""
    if community.name:
        return community.name
    words = community.domain.split()
    return " ".join(words[:_NAME_WORDS]) + ("…" if len(words) > _NAME_WORDS else "")


def document(
    community_id: str, community: Community, version: int, registered: str, changed: str
) -> dict[str, Any]:
    """A community as the API shows it to anyone. Times are RFC 3339."""
    return {
        "id": community_id,
        "name": shown_name(community),
        "domain": community.domain,
        "topics": community.topics,
        "practice": community.practice,
        "learning_question": community.learning_question,
        "sectors": community.sectors,
        "region": community.region,
        "networks": community.networks,
        "organisation": community.organisation,
        "stage": community.stage,
        "state": community.state,
        "needs_convener": community.needs_convener and community.state != CLOSED,
        "unclaimed": community.unclaimed,
        "ending": community.ending,
        "successors": community.successors,
        "predecessors": community.predecessors,
        "roles": [],  # who belongs to it is not for anyone: see communities/visibility.py
        "url": community.url,
        "external_id": community.external_id,
        "source": community.source,
        "version": version,
        "registered_at": registered,
        "changed_at": changed,
    }


def fold(row: Row | None, event: Event) -> Row:
    """Who belongs to it has no part in its version, nor in when it changed."""
    before = msgspec.convert(row["record"], Community) if row else Community()
    community = evolve(before, EVENT_TYPES.decode(event))
    registered = row["registered_at"] if row else rfc3339(event.time)
    version, changed, key = event.version, rfc3339(event.time), community_of(event)
    if row is not None and key != event.stream:
        version, changed = row["version"], row["document"]["changed_at"]
    shown = document(key, community, version, registered, changed)
    return {
        "id": key,
        "version": version,
        "registered_at": registered,
        "sort_name": shown["name"].casefold(),
        "state": community.state,
        "stage": community.stage,
        "region": name_key(community.region),
        "needs_convener": int(shown["needs_convener"]),
        "unclaimed": int(community.unclaimed),
        "external_id": community.external_id,
        "networks": community.networks,
        "record": msgspec.to_builtins(community),
        "document": shown,
    }


COMMUNITIES = Projection(
    table="communities",
    columns=(
        "id",
        "version",
        "registered_at",
        "sort_name",
        "state",
        "stage",
        "region",
        "needs_convener",
        "unclaimed",
        "external_id",
        "networks",
        "record",
        "document",
    ),
    types={
        name: kind.version
        for name, kind in EVENT_TYPES.by_name.items()
        if name.startswith(("registry.community.", MEMBERSHIP))
    },
    fold=fold,
    key=community_of,
    json=frozenset({"networks", "record", "document"}),
    children=(
        Child(
            "community_networks",
            ("community", "network"),
            lambda row: [(row["id"], network) for network in row["networks"]],
        ),
        Child(
            "community_roles",
            ("community", "id", "person", "role", "begins", "ends"),
            lambda row: [
                (row["id"], r["id"], r["person"], r["role"], r["begins"], r["ends"])
                for r in row["record"]["roles"]
            ],
        ),
    ),
)
