"""Discovery's event types: names and versions that subscribers know, and what they hold here."""

from collections.abc import Mapping

from services.discovery.domain import feedback, link, link_decisions, saved_search
from shared.erasure import confirmed_type
from shared.eventstore.codec import EventType, EventTypes
from shared.eventstore.epochs import epoch_raised_type
from shared.eventstore.events import INTERNAL, PUBLIC
from shared.eventstore.streams import Decider


def _types(kind: str, audience: str, holds: Mapping[str, type]) -> list[EventType]:
    return [EventType(f"discovery.{kind}.{n}", 1, held, audience) for n, held in holds.items()]


_PROPOSAL = {
    "made": link.Proposed,
    "reminded": link.Reminded,
    "accepted": link.ProposalAccepted,
    "refused": link.Refused,
    "lapsed": link.Lapsed,
    "withdrawn": link.Withdrawn,
}
_LINK = {"accepted": link.Accepted, "ended": link.Ended}
_FEEDBACK = {"given": feedback.Given, "taken-back": feedback.TakenBack}
_SAVED_SEARCH = {
    "made": saved_search.Made,
    "matched": saved_search.Matched,
    "removed": saved_search.Removed,
}

EVENT_TYPES = EventTypes(
    [
        *_types("proposal", INTERNAL, _PROPOSAL),
        *_types("link", PUBLIC, _LINK),
        *_types("feedback", INTERNAL, _FEEDBACK),
        *_types("saved-search", INTERNAL, _SAVED_SEARCH),
        confirmed_type("discovery"),
        epoch_raised_type("discovery"),
    ]
)

LINK = Decider(link.Link(), link_decisions.decide, link.evolve)
FEEDBACK = Decider(feedback.Feedback(), feedback.decide, feedback.evolve)
SAVED_SEARCH = Decider(saved_search.SavedSearch(), saved_search.decide, saved_search.evolve)
