"""The page of another service on which the reader of a message answers it, by a signed link.

Purpose, subject and generation are those that the service verifies; a link works for a while after
its answer has been asked for, so that the page can still say what became of it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from services.notifications.links import CALENDAR, Links
from shared import link_renewals
from shared.clock import parse_rfc3339

Facts = Mapping[str, Any]
_AFTER_SESSION = timedelta(days=90)
_AFTER_OFFER = timedelta(days=14)
_APPLICATION_WORKS = timedelta(days=365)
_LINK_WORKS = timedelta(days=365)
_CALENDAR_WORKS = timedelta(days=3 * 365)


class _Asked(NamedTuple):
    service: str
    purpose: str
    subject: str
    generation: int
    expires: datetime


def answer_link(
    links: Links,
    content: Mapping[str, Any],
    reader: str,
    renewals: link_renewals.Renewals = link_renewals.NONE,
) -> str | None:
    """The address that this reader answers at; None of a message that asks nothing.

    `renewals` counts how often the reader has renewed links, by purpose.
    """
    asks = _ASKS.get(content["rule"])
    if content["facts"].get("link"):
        asks = _link
    if asks is None:
        return None
    asked = asks(content, content["facts"], reader)
    generation = link_renewals.generation(renewals, asked.purpose, asked.generation)
    return links.signed(*asked._replace(generation=generation))


def calendar_link(
    links: Links, content: Mapping[str, Any], renewals: link_renewals.Renewals
) -> str | None:
    """The address of a participant's own calendar, in the message that is for them alone."""
    facts = content["facts"]
    if not facts.get("calendar"):
        return None
    generation = link_renewals.generation(renewals, CALENDAR, facts["calendar"])
    expires = parse_rfc3339(content["at"]) + _CALENDAR_WORKS
    return links.calendar(facts["applicant"], generation, expires)


def asks_to_come(content: Mapping[str, Any]) -> bool:
    """Whether a message is about a session to which its reader may come."""
    return _ASKS.get(content["rule"]) is _reply


def _link(content: Facts, facts: Facts, reader: str) -> _Asked:
    lapses = facts.get("lapses")
    expires = parse_rfc3339(lapses) if lapses else parse_rfc3339(content["at"]) + _LINK_WORKS
    return _Asked("discovery", "link", f"{facts['link']} {reader}", 1, expires)


def _sponsor(_content: Facts, facts: Facts, _reader: str) -> _Asked:
    generation, expires = facts.get("generation", 1), parse_rfc3339(facts["expires"])
    return _Asked("scheduling", "sponsor", facts["application"], generation, expires)


def _guest(_content: Facts, facts: Facts, reader: str) -> _Asked:
    subject, generation = f"{facts['session']['id']} {reader}", facts.get("generation", 1)
    return _Asked("scheduling", "guest", subject, generation, parse_rfc3339(facts["ends"]))


def _reply(_content: Facts, facts: Facts, reader: str) -> _Asked:
    expires = parse_rfc3339(facts["ends"]) + _AFTER_SESSION
    return _Asked("scheduling", "reply", f"{facts['session']['id']} {reader}", 1, expires)


def _application(content: Facts, facts: Facts, _reader: str) -> _Asked:
    if facts.get("reply_by"):
        last = datetime.combine(date.fromisoformat(facts["reply_by"]), time.max, UTC)
        expires = last + _AFTER_OFFER
    else:
        expires = parse_rfc3339(content["at"]) + _APPLICATION_WORKS
    return _Asked("scheduling", "application", facts["application"], 1, expires)


_ASKS: dict[str, Callable[[Facts, Facts, str], _Asked]] = {
    "sponsor-asked": _sponsor,
    "guest-invited": _guest,
    "sponsor-refused": _application,
    "decision-offer": _application,
    "decision-waiting-list": _application,
    "place-offered": _application,
    "place-accepted": _application,
    "application-received": _application,
    "sponsor-confirmed": _application,
    "session-planned": _reply,
    "session-rescheduled": _reply,
    "session-changed": _reply,
    "session-reinstated": _reply,
    "session-place": _reply,
    "session-role": _reply,
    "session-reminder": _reply,
}
