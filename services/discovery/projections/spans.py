"""What each community was, from when to when, by the times of the events that said so.

A span is one value of one kind: a community has one of most kinds at a time, of networks and
sectors any number. Where there is none, a span with an empty value says so: every community has
its part in every count.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.foundation.names import distinct_names, name_key
from shared.projection.projection import Child, Projection, Row

STATE, STAGE, CONVENER, NETWORK = "state", "stage", "convener", "network"
REGION, SECTOR, STANDING = "region", "sector", "standing"
NEEDED, FOUND = "needed", "found"
STILL = "9999-12-31T23:59:59.999999Z"  # the end of what has not ended
_COMMUNITY = "registry.community."

Span = list[str]  # kind, value, from, to (the first moment without it)


def fold_spans(row: Row | None, event: Event) -> Row:
    """The spans of a community after an event. Standings may come before its registration."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    spans: list[Span] = row["spans"] if row else []
    for kind, values in _said(spans, event.type, data).items():
        spans = _turned(spans, kind, values, rfc3339(event.time))
    return {"id": event.stream, "spans": spans}


def _said(spans: Sequence[Span], kind: str, data: Mapping[str, Any]) -> dict[str, list[str]]:
    """The values of each kind that an event speaks of, as they are after it."""
    if not kind.startswith(_COMMUNITY):
        return {STANDING: [data.get("standing") or ""]}
    match kind.removeprefix(_COMMUNITY):
        case "registered":
            imported = data.get("source") is not None
            return {
                STATE: [data.get("state") or "active"],
                CONVENER: [FOUND if imported else NEEDED],
                STAGE: [data.get("stage") or ""],
                REGION: [data.get("region") or ""],
                NETWORK: data.get("networks") or [],
                SECTOR: data.get("sectors") or [],
            }
        case "described":
            said = {}
            if data.get("region") is not None:
                said[REGION] = [data["region"]]
            if data.get("sectors") is not None:
                said[SECTOR] = data["sectors"]
            return said
        case "network-joined":
            return {NETWORK: [*_now(spans, NETWORK), data["network"]]}
        case "network-left":
            return {NETWORK: [n for n in _now(spans, NETWORK) if n != data["network"]]}
        case "stage-changed":
            return {STAGE: [data["stage"]]}
        case "state-changed":
            return {STATE: [data["state"]]}
        case "closed":
            return {STATE: ["closed"]}
        case "reopened":
            return {STATE: ["active"]}
        case "convener-needed":
            return {CONVENER: [NEEDED]}
        case _:  # convener-found
            return {CONVENER: [FOUND]}


def _now(spans: Iterable[Span], kind: str) -> list[str]:
    return [s[1] for s in spans if s[0] == kind and s[3] == STILL and s[1]]


def _turned(spans: Sequence[Span], kind: str, values: Sequence[str], at: str) -> list[Span]:
    """The spans after a kind has other values: what goes on is left as it is.

    So is a value that is now written in another way.
    """
    wanted = distinct_names(value.strip() for value in values if value.strip()) or ("",)
    keys = {name_key(value) for value in wanted}
    kept = []
    for span in spans:
        if span[0] == kind and span[3] == STILL and name_key(span[1]) not in keys:
            span = [*span[:3], at]
        if span[2] < span[3]:  # of what was said and unsaid at one moment nothing is left
            kept.append(span)
    going_on = {name_key(span[1]) for span in kept if span[0] == kind and span[3] == STILL}
    coming = (value for value in wanted if name_key(value) not in going_on)
    return [*kept, *([kind, value, at, STILL] for value in coming)]


SPANS = Projection(
    table="tracks",
    columns=("id", "spans"),
    types={
        **{
            _COMMUNITY + change: 1
            for change in (
                *("registered", "described", "network-joined", "network-left", "stage-changed"),
                *("state-changed", "closed", "reopened", "convener-needed", "convener-found"),
            )
        },
        "scheduling.community.standing-changed": 1,
    },
    fold=fold_spans,
    json=frozenset({"spans"}),
    children=(
        Child(
            "spans",
            ("community", "kind", "value", "began", "ended"),
            lambda row: [(row["id"], *span) for span in row["spans"]],
        ),
    ),
)
