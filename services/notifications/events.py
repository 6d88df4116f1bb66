"""Notifications' event types: what was told to whom, and what became of it. All are internal."""

from services.notifications.domain import delivery
from shared.erasure import confirmed_type
from shared.eventstore.codec import EventType, EventTypes
from shared.eventstore.epochs import epoch_raised_type
from shared.eventstore.events import INTERNAL
from shared.eventstore.streams import Decider

EVENT_TYPES = EventTypes(
    [
        EventType("notifications.announcement.made", 1, delivery.AnnouncementMade, INTERNAL),
        EventType("notifications.delivery.queued", 1, delivery.Queued, INTERNAL),
        EventType("notifications.delivery.sent", 1, delivery.Sent, INTERNAL),
        EventType("notifications.delivery.delivered", 1, delivery.Delivered, INTERNAL),
        EventType("notifications.delivery.bounced", 1, delivery.Bounced, INTERNAL),
        EventType("notifications.delivery.failed", 1, delivery.Failed, INTERNAL),
        EventType("notifications.delivery.missed", 1, delivery.Missed, INTERNAL),
        EventType("notifications.delivery.suppressed", 1, delivery.Suppressed, INTERNAL),
        confirmed_type("notifications"),
        epoch_raised_type("notifications"),
    ]
)

DELIVERY = Decider(delivery.Delivery(), delivery.decide, delivery.evolve)
