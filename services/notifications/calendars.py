"""A calendar's update in a message (iMIP, RFC 6047): one attendee, one event, nothing to answer.

UID and SEQUENCE are those of the feeds, so that a mail program changes what it has already.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from services.notifications.contact_book import Contact
from shared.clock import parse_rfc3339
from shared.foundation.addresses import AddressError, parse_mailbox, wire_address
from shared.icalendar import document, text, utc

REQUEST, CANCEL = "REQUEST", "CANCEL"
_LONGEST = 2000  # characters of one text
_METHODS = {
    "session-planned": REQUEST,
    "session-rescheduled": REQUEST,
    "session-changed": REQUEST,
    "session-reinstated": REQUEST,
    "session-place": REQUEST,
    "session-role": REQUEST,
    "session-postponed": CANCEL,
    "session-cancelled": CANCEL,
}


class CalendarUpdate(NamedTuple):
    method: str
    text: str


def update_for(
    content: Mapping[str, Any],
    attendee: Contact,
    mail_from: str,
    at: datetime,
    join: str | None = None,
) -> CalendarUpdate | None:
    """The update that an announcement brings to one person's calendar, where it brings one."""
    method = _METHODS.get(content["rule"])
    facts = content["facts"]
    if method is None or attendee.email is None or facts.get("sequence") is None:
        return None
    session = facts["session"]
    own_name, own = parse_mailbox(mail_from)
    called = _parameter(attendee.own_name or attendee.email)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Hedgerow//notifications//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{uid(session['id'])}",
        f"SEQUENCE:{facts['sequence']}",
        f"DTSTAMP:{utc(at)}",
        f"DTSTART:{utc(parse_rfc3339(facts['starts']))}",
        f"DTEND:{utc(parse_rfc3339(facts['ends']))}",
        f"SUMMARY:{text(session['title'][:_LONGEST])}",
        f"STATUS:{'CANCELLED' if method == CANCEL else 'CONFIRMED'}",
        f"ORGANIZER;CN={_parameter(own_name or own)}:mailto:{own}",
        f"ATTENDEE;CN={called};PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:{_address(attendee.email)}",
    ]
    lines += [*_where(session, join), "TRANSP:OPAQUE", "END:VEVENT", "END:VCALENDAR"]
    return CalendarUpdate(method, document(lines).decode())


def _where(session: Mapping[str, Any], join: str | None) -> list[str]:
    """The lines that say where it is, and how to get in."""
    lines = []
    if session.get("place"):
        lines.append(f"LOCATION:{text(session['place'][:_LONGEST])}")
    said = [f"Access: {session['access']}"[:_LONGEST]] if session.get("access") else []
    if join:
        said.append(f"Join: {join}")
        lines.append(f"CONFERENCE;VALUE=URI;FEATURE=VIDEO:{join}")
    if said:
        lines.append("DESCRIPTION:" + text("\n".join(said)))
    return lines


def uid(session: str) -> str:
    """The session's calendar identity, the same in every feed and message."""
    return f"{session}@hedgerow"


def _parameter(value: str) -> str:
    """A quoted parameter's value, which can hold no quotes and no control characters."""
    plain = "".join(c for c in value[:100] if c >= " " and c not in '"\x7f')
    return f'"{plain}"'


def _address(address: str) -> str:
    with suppress(AddressError):  # a message to what is no address is not sent, only looked at
        address = wire_address(address)
    return "".join(c for c in address if c > " " and c not in '"<>\x7f')
