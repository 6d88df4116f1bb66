"""What happened to a session, a cohort or an application, in sentences."""

from typing import Any

import msgspec

from services.scheduling.domain import application as a
from services.scheduling.domain import cohort as c
from services.scheduling.domain import session as s
from services.scheduling.events import EVENT_TYPES
from shared.clock import rfc3339
from shared.eventstore.events import Event

_WORDS = {"join_address": "address to join by", "guests_each": "number of guests for each"}


def entry(event: Event, reason: str | None = None, *, with_actor: bool = True) -> dict[str, Any]:
    """One change: a sentence, when, who (an opaque id, or None), and the event's own data.

    `reason` are the words of why a session changed, as far as they are kept; `with_actor` is for
    those who may know who acted, and None stands there for all others.
    """
    event = EVENT_TYPES.present(event)
    return {
        "sentence": sentence(EVENT_TYPES.decode(event), reason),
        "at": rfc3339(event.time),
        "by": event.actor if with_actor else None,
        "via": event.via if with_actor else None,
        "version": event.version,
        "type": event.type,
        "correlation": event.correlation,
        "data": msgspec.Raw(event.data.encode()),
    }


def sentence(event: Any, reason: str | None = None) -> str:
    match event:
        case (
            s.Scheduled()
            | s.Rescheduled()
            | s.Changed()
            | s.Postponed()
            | s.Cancelled()
            | s.Reinstated()
            | s.DecisionNeeded()
            | s.DecisionSettled()
        ):
            return _of_session(event, reason)
        case (
            c.Created()
            | c.Changed()
            | c.Opened()
            | c.Closed()
            | c.Decided()
            | c.Started()
            | c.Finished()
        ):
            return _of_cohort(event)
        case _:
            return _of_application(event)


def _of_session(event: s.SessionEvent, reason: str | None) -> str:
    at = event.session.when
    time = at.written
    match event:
        case s.Scheduled():
            return f"Planned for {time}."
        case s.Rescheduled(before=b, was_postponed=postponed):
            moved = "Has a date again" if postponed else f"Moved from {b.written}"
            return f"{moved}: {time}{_because(reason)}."
        case s.Changed(changed=changed):
            named = _join([_WORDS.get(name, name) for name in changed])
            return f"Its {named} changed{_because(reason)}."
        case s.Postponed():
            return f"Postponed from {at.date}, with no new date yet{_because(reason)}."
        case s.Cancelled():
            return f"Cancelled{_because(reason)}."
        case s.Reinstated():
            return f"On again, {time}{_because(reason)}."
        case s.DecisionNeeded(community=community):
            return f"The community {community} closed: say what is to become of this session."
        case s.DecisionSettled(community=community):
            return f"The community {community} is open again; the session goes on as planned."


def _of_cohort(event: c.CohortEvent) -> str:
    match event:
        case c.Created(places=places):
            return f"Made, with {places} places."
        case c.Changed():
            return "Its particulars changed."
        case c.Opened():
            return "Open for applications."
        case c.Closed():
            return "Closed for applications."
        case c.Decided():
            return "All decisions were released."
        case c.Started():
            return "It has begun."
        case c.Finished():
            return "It has finished."


def _of_application(event: a.ApplicationEvent) -> str:
    match event:
        case a.Started(late=late):
            return "Begun late, by an operator." if late else "Begun."
        case a.Answered(reworded=reworded) if reworded:
            return f"Filled in; in words of their own: {_join(list(reworded))}."
        case a.DecisionMade(decision=decision, reworded=True):
            return f"Decided as before, in private, with another reason: {decision}."
        case a.DecisionMade(decision=decision):
            return f"Decided, in private: {decision}."
        case a.DecisionReleased(decision=decision, reply_by=reply_by):
            until = f", open until {reply_by}" if reply_by else ""
            return f"The applicant was told: {decision}{until}."
        case a.PlaceOffered(reply_by=reply_by):
            return f"A place came free and was offered, open until {reply_by}."
        case a.Forgotten(why=why):
            return f"Its words were deleted ({why})."
        case _:
            return _PLAIN[type(event)]


_PLAIN: dict[type, str] = {
    a.Answered: "Filled in.",
    a.SponsorNamed: "A sponsor was named.",
    a.Submitted: "Handed in.",
    a.SponsorAsked: "The sponsor was asked to confirm the release.",
    a.SponsorConfirmed: "The sponsor confirmed the release.",
    a.SponsorRefused: "The sponsor refused the release.",
    a.OfferLapsed: "The offer lapsed.",
    a.Accepted: "The place was accepted.",
    a.Declined: "The place was declined.",
    a.Withdrawn: "Withdrawn.",
}


def _because(reason: str | None) -> str:
    return f" ({reason})" if reason else ""


def _join(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
