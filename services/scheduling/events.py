"""Scheduling's event types: names and versions that subscribers know, and what they hold here."""

from collections.abc import Mapping
from typing import Any

from services.scheduling.domain import (
    application,
    application_decisions,
    attendance,
    calendar,
    cohort,
    programme,
    rhythm,
    session,
    session_decisions,
)
from shared.erasure import confirmed_type
from shared.eventstore.codec import EventType, EventTypes
from shared.eventstore.epochs import epoch_raised_type
from shared.eventstore.events import INTERNAL, PUBLIC
from shared.eventstore.streams import Decider


def _without_reason(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 held the words of a reason, in a public event for ever."""
    given = {"reasoned": True} if data.get("reason") else {}
    return {name: value for name, value in data.items() if name != "reason"} | given


def _types(kind: str, audience: str, holds: Mapping[str, type]) -> list[EventType]:
    return [EventType(f"scheduling.{kind}.{n}", 1, held, audience) for n, held in holds.items()]


_PROGRAMME = {"created": programme.Created}
_COHORT = {
    "created": cohort.Created,
    "changed": cohort.Changed,
    "opened": cohort.Opened,
    "closed": cohort.Closed,
    "decided": cohort.Decided,
    "started": cohort.Started,
    "finished": cohort.Finished,
}
_SESSION = {
    "scheduled": session.Scheduled,
    "decision-needed": session.DecisionNeeded,
    "decision-settled": session.DecisionSettled,
}
_REASONED = {
    "rescheduled": session.Rescheduled,
    "changed": session.Changed,
    "postponed": session.Postponed,
    "cancelled": session.Cancelled,
    "reinstated": session.Reinstated,
}
_APPLICATION = {
    "started": application.Started,
    "answered": application.Answered,
    "sponsor-named": application.SponsorNamed,
    "submitted": application.Submitted,
    "sponsor-asked": application.SponsorAsked,
    "sponsor-confirmed": application.SponsorConfirmed,
    "sponsor-refused": application.SponsorRefused,
    "decision-made": application.DecisionMade,
    "decision-released": application.DecisionReleased,
    "place-offered": application.PlaceOffered,
    "offer-lapsed": application.OfferLapsed,
    "accepted": application.Accepted,
    "declined": application.Declined,
    "withdrawn": application.Withdrawn,
    "forgotten": application.Forgotten,
}
_ATTENDANCE = {
    "replied": attendance.Replied,
    "place-given": attendance.PlaceGiven,
    "recorded": attendance.Recorded,
    "role-assigned": attendance.RoleAssigned,
    "role-removed": attendance.RoleRemoved,
    "guest-invited": attendance.GuestInvited,
    "materials-changed": attendance.MaterialsChanged,
    "reflection-added": attendance.ReflectionAdded,
    "person-forgotten": attendance.PersonForgotten,
}

EVENT_TYPES = EventTypes(
    [
        *_types("programme", PUBLIC, _PROGRAMME),
        *_types("cohort", PUBLIC, _COHORT),
        *_types("session", PUBLIC, _SESSION),
        *(
            EventType(
                f"scheduling.session.{name}",
                2,
                held,
                PUBLIC,
                {1: _without_reason},
                withdrawn=("reason",),
            )
            for name, held in _REASONED.items()
        ),
        *_types("application", INTERNAL, _APPLICATION),
        *_types("attendance", INTERNAL, _ATTENDANCE),
        EventType("scheduling.community.standing-changed", 1, rhythm.StandingChanged),
        EventType("scheduling.calendar.link-renewed", 1, calendar.LinkRenewed, INTERNAL),
        confirmed_type("scheduling"),
        epoch_raised_type("scheduling"),
    ]
)

PROGRAMME = Decider(programme.Programme(), programme.decide, programme.evolve)
COHORT = Decider(cohort.Cohort(), cohort.decide, cohort.evolve)
SESSION = Decider(session.Session(), session_decisions.decide, session.evolve)
APPLICATION = Decider(application.Application(), application_decisions.decide, application.evolve)
ATTENDANCE = Decider(attendance.Attendance(), attendance.decide, attendance.evolve)
CALENDAR = Decider(0, calendar.decide, calendar.evolve)
