"""A feed of sessions as RFC 5545 and 7986 have it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.scheduling.calendars.timezones import has_rule, vtimezone
from services.scheduling.documents import uid
from services.scheduling.domain.session import ONLINE, PLANNED, POSTPONED, Session
from services.scheduling.domain.wall_clock import When, exists_twice
from services.scheduling.queries import Found
from shared.clock import parse_rfc3339
from shared.icalendar import document, text, utc

_REFRESH = "PT1H"
_PRODUCT = "-//Hedgerow//Scheduling 1//EN"


@dataclass(frozen=True)
class Feed:
    """`addresses` are those to join by, by session, where the reader may know them."""

    name: str
    description: str
    sessions: Sequence[Found]
    addresses: Mapping[str, str] = field(default_factory=dict)


def calendar(feed: Feed) -> bytes:
    """The whole calendar. Cancelled and postponed sessions are in it, as cancelled."""
    return document(_lines(feed))


def _lines(feed: Feed) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{_PRODUCT}"
    yield "CALSCALE:GREGORIAN"
    yield f"NAME:{text(feed.name)}"
    yield f"X-WR-CALNAME:{text(feed.name)}"
    yield f"DESCRIPTION:{text(feed.description)}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH}"
    yield f"X-PUBLISHED-TTL:{_REFRESH}"
    for zone, year in sorted(_zones(feed.sessions).items()):
        yield from vtimezone(zone, year)
    for found in feed.sessions:
        yield from _event(found, feed.addresses.get(found.id))
    yield "END:VCALENDAR"


def _zones(sessions: Sequence[Found]) -> dict[str, int]:
    """The zones that times are written in, each with the first year that it must be right for."""
    zones: dict[str, int] = {}
    for found in sessions:
        when: When = found.state.known.when
        if not _is_local(when):
            continue
        zones[when.zone] = min(zones.get(when.zone, 9999), when.date.year)
    return zones


def _event(found: Found, address: str | None) -> Iterator[str]:
    session: Session = found.state
    known = session.known
    changed = utc(parse_rfc3339(found.changed_at))
    takes_place = session.state == PLANNED
    yield "BEGIN:VEVENT"
    yield f"UID:{uid(found.id)}"
    yield f"DTSTAMP:{changed}"
    yield f"CREATED:{utc(parse_rfc3339(found.began_at))}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"SEQUENCE:{session.sequence}"
    yield from _times(known.when)
    yield f"SUMMARY:{text(_summary(session))}"
    if said := _description(session, address):
        yield f"DESCRIPTION:{text(said)}"
    if known.place:
        yield f"LOCATION:{text(known.place)}"
    elif known.modality == ONLINE:
        yield "LOCATION:Online"
    if address:
        yield f"CONFERENCE;VALUE=URI;FEATURE=VIDEO:{address}"
    yield f"CATEGORIES:{text(known.kind)}"
    yield f"STATUS:{'CONFIRMED' if takes_place else 'CANCELLED'}"
    yield f"TRANSP:{'OPAQUE' if takes_place else 'TRANSPARENT'}"
    yield "END:VEVENT"


def _is_local(when: When) -> bool:
    """Whether it is written as local time with its zone, else in UTC.

    Of an hour that exists twice RFC 5545 means the first, but parsers differ, and the second could
    not be said. They differ too on zones whose changes follow no rule.
    """
    hours = ((when.date, when.start), (when.end_date, when.end))
    if any(exists_twice(day, hour, when.zone) for day, hour in hours):
        return False
    return has_rule(when.zone)


def _times(when: When) -> Iterator[str]:
    if not _is_local(when):
        yield f"DTSTART:{utc(when.begins())}"
        yield f"DTEND:{utc(when.ends())}"
        return
    yield f"DTSTART;TZID={when.zone}:{when.date:%Y%m%d}T{when.start.replace(':', '')}00"
    yield f"DTEND;TZID={when.zone}:{when.end_date:%Y%m%d}T{when.end.replace(':', '')}00"


def _summary(session: Session) -> str:
    known = session.known
    number = f"{known.kind.capitalize()} {known.number}: " if known.number else ""
    name = f"{number}{known.title}"
    return f"Postponed: {name}" if session.state == POSTPONED else name


def _description(session: Session, address: str | None) -> str:
    known = session.known
    said = [known.description]
    if known.topics:
        said.append(f"Topics: {', '.join(known.topics)}")
    if known.access:
        said.append(f"Access: {known.access}")
    if session.state == POSTPONED:
        said.append("Postponed; there is no new date yet.")
    if session.reason and session.state != PLANNED:
        said.append(f"Why: {session.reason}")
    if address:
        said.append(f"Join: {address}")
    return "\n".join(part for part in said if part)
