"""Networks and organisations as they are read, and every name by which a network is found."""

from collections.abc import Callable
from typing import Any

import msgspec

from services.registry.domain import network, organisation
from services.registry.events import EVENT_TYPES
from shared.eventstore.events import Event
from shared.foundation.names import name_key
from shared.projection.projection import Child, Projection, Row

Render = Callable[[str, Any, int], dict[str, Any]]


def network_document(network_id: str, found: network.Network, version: int) -> dict[str, Any]:
    """A network as the API shows it."""
    return {
        "id": network_id,
        "name": found.name,
        "kind": found.kind,
        "aliases": found.aliases,
        "names": [
            {
                "name": dated.name,
                "from": dated.begins.isoformat() if dated.begins else None,
                "to": dated.ends.isoformat() if dated.ends else None,
            }
            for dated in found.names
        ],
        "version": version,
    }


def organisation_document(
    organisation_id: str, found: organisation.Organisation, version: int
) -> dict[str, Any]:
    """An organisation as the API shows it."""
    return {
        "id": organisation_id,
        "name": found.name,
        "kind": found.kind,
        "ods_code": found.ods_code,
        "version": version,
    }


def _fold(
    initial: Any, evolve: Callable[[Any, Any], Any], render: Render
) -> Callable[[Row | None, Event], Row]:
    def fold(row: Row | None, event: Event) -> Row:
        before = msgspec.convert(row["record"], type(initial)) if row else initial
        after = evolve(before, EVENT_TYPES.decode(event))
        return {
            "id": event.stream,
            "version": event.version,
            "sort_name": after.name.casefold(),
            "record": msgspec.to_builtins(after),
            "document": render(event.stream, after, event.version),
        }

    return fold


def _types(prefix: str) -> dict[str, int]:
    return {
        name: kind.version for name, kind in EVENT_TYPES.by_name.items() if name.startswith(prefix)
    }


def _name_keys(row: Row) -> list[tuple[str, str]]:
    known = msgspec.convert(row["record"], network.Network).known_as()
    return [(row["id"], key) for key in dict.fromkeys(name_key(name) for name in known)]


_COLUMNS = ("id", "version", "sort_name", "record", "document")

NETWORKS = Projection(
    table="networks",
    columns=_COLUMNS,
    types=_types("registry.network."),
    fold=_fold(network.Network(), network.evolve, network_document),
    json=frozenset({"record", "document"}),
    children=(Child("network_names", ("network", "name_key"), _name_keys),),
)

ORGANISATIONS = Projection(
    table="organisations",
    columns=_COLUMNS,
    types=_types("registry.organisation."),
    fold=_fold(organisation.Organisation(), organisation.evolve, organisation_document),
    json=frozenset({"record", "document"}),
    children=(
        Child(
            "organisation_codes",
            ("organisation", "code"),
            lambda row: [(row["id"], code)] if (code := row["document"]["ods_code"]) else [],
        ),
    ),
)
