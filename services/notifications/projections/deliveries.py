"""The ledger: what is told to whom and what became of it, from notifications' own events."""

from typing import Any

import msgspec

from services.notifications.domain.delivery import QUEUED, AnnouncementMade, Delivery, evolve
from services.notifications.events import EVENT_TYPES
from shared.clock import rfc3339
from shared.eventstore.events import Event
from shared.projection.projection import Projection, Row

_DELIVERY = "notifications.delivery."


def fold_delivery(row: Row | None, event: Event) -> Row:
    happened: Any = EVENT_TYPES.decode(event)
    if row is None:
        before = Delivery()
        kept = _queued(event, happened)
    else:
        kept = row
        before = Delivery(
            row["status"], row["reason"], row["letter"], row["words"], bool(row["uncertain"])
        )
    after = evolve(before, happened)
    return kept | {
        "version": event.version,
        "status": after.status,
        "reason": after.reason,
        "letter": after.letter,
        "words": after.words,
        "uncertain": int(after.uncertain),
        "changed_at": rfc3339(event.time),
        "due": kept["due"] if after.status == QUEUED else None,
    }


def _queued(event: Event, queued: Any) -> Row:
    return {
        "id": event.stream,
        "person": queued.person,
        "rule": queued.rule,
        "category": queued.category,
        "about": queued.about,
        "community": queued.community,
        "announcement": queued.announcement,
        "urgent": int(queued.urgent),
        "digest": int(queued.digest),
        "queued_at": rfc3339(event.time),
        "at": queued.at,
        "planned_for": queued.due,
        "due": queued.due,
    }


DELIVERIES = Projection(
    table="deliveries",
    columns=(
        "id",
        "version",
        "person",
        "rule",
        "category",
        "about",
        "community",
        "announcement",
        "urgent",
        "digest",
        "status",
        "reason",
        "letter",
        "words",
        "uncertain",
        "queued_at",
        "changed_at",
        "at",
        "planned_for",
        "due",  # while it is queued
    ),
    types={n: k.version for n, k in EVENT_TYPES.by_name.items() if n.startswith(_DELIVERY)},
    fold=fold_delivery,
)


def fold_announcement(_row: Row | None, event: Event) -> Row:
    made: AnnouncementMade = EVENT_TYPES.decode(event)
    return {"id": event.stream, "about": made.about, "content": msgspec.to_builtins(made)}


ANNOUNCEMENTS = Projection(
    table="announcements",
    columns=("id", "about", "content"),
    types={"notifications.announcement.made": 1},
    fold=fold_announcement,
    json=frozenset({"content"}),
)
