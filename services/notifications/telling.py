"""From an event to the messages that it brings: planned, counted, queued.

`plan` alone decides who would be told what and when; a forecast counts what it gives, and the
reaction queues the same. Announcement and deliveries have ids derived from the event, the rule and
the person: none can be queued twice.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from services.notifications import audiences, facts, preferences
from services.notifications.domain import rules
from services.notifications.domain.delivery import (
    AnnouncementMade,
    DeliveryEvent,
    Missed,
    Queued,
    Suppressed,
)
from services.notifications.domain.preferences import Route, route
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.eventstore.events import Cause, Event
from shared.eventstore.streams import Change, Streams
from shared.identifiers import derived_id
from shared.restoring import moments
from shared.service.authority import community_of

HISTORY, OVER = "history", "the session is over"
_SOON = timedelta(hours=48)


@dataclass(frozen=True)
class Planned:
    """One message for several people, and for each when it goes; `over` is no news any more."""

    rule: rules.Rule
    community: str | None
    facts: dict[str, Any]
    routes: dict[str, Route]
    urgent: bool = False
    over: bool = False


class Occasion(NamedTuple):
    """What is told of: an event, or a time that has come."""

    id: str
    about: str
    at: datetime


def asked_for(event: Event) -> bool:
    """Whether any rule wants this event: what an import or the example brings about, none does."""
    if event.origin is not None:
        return False
    data = facts.data_of(event)
    return any(rule.when(data) for rule in rules.rules_of(event.type))


def plan(connection: Connection, event: Event, now: datetime) -> list[Planned]:
    """Who would be told what of this event, and when. Changes nothing."""
    data = facts.data_of(event)
    communities = facts.communities_of(event)
    planned = []
    gathered: dict[str, Any] | None = None
    for rule in rules.rules_of(event.type):
        if not rule.when(data):
            continue
        gathered = gathered or facts.gather(connection, event, communities)
        subject = audiences.Subject(community_of(event), data | gathered, communities, now.date())
        people = audiences.people(connection, rule.audience, subject)
        until = _before_session(gathered, now) if rule.category == rules.SESSIONS else None
        each = routed(connection, rule, communities, gathered, people, now, until)
        over = rule.category == rules.SESSIONS and _is_over(gathered, now)
        planned.append(replace(each, over=over))
    return [each for each in planned if each.routes]


def routed(
    connection: Connection,
    rule: rules.Rule,
    communities: Sequence[str],
    gathered: dict[str, Any],
    people: Sequence[str],
    now: datetime,
    latest: datetime | None = None,
) -> Planned:
    """The same message for these people, each as they like to hear of it, until `latest`."""
    community = communities[0] if communities else None
    urgent = _is_urgent(rule.urgency, gathered, now)
    kept = preferences.of_many(connection, people)
    routes = {
        person: route(
            kept[person].preferences,
            category=rule.category,
            community=community,
            urgent=urgent,
            must=rule.category in rules.MUST_BE_TOLD,
            until_stopped=rule.category in rules.TOLD_UNTIL_STOPPED,
            now=now,
            unhurried=rule.urgency == rules.UNHURRIED,
            latest=latest,
        )
        for person in people
    }
    return Planned(rule, community, gathered, routes, urgent)


def _before_session(gathered: dict[str, Any], now: datetime) -> datetime | None:
    """When news of a session would come too late: at its time, or at the one that it had before."""
    known = [parse_rfc3339(gathered[m]) for m in ("starts", "started") if gathered.get(m)]
    return min((moment for moment in known if moment > now), default=None)


def _is_over(gathered: dict[str, Any], now: datetime) -> bool:
    """Whether a session's time is past, and the one that it had before too: no news to anybody."""
    known = [gathered[name] for name in ("ends", "ended") if gathered.get(name)]
    return bool(known) and all(parse_rfc3339(end) <= now for end in known)


def _is_urgent(urgency: str, gathered: dict[str, Any], now: datetime) -> bool:
    if urgency != rules.SOON:
        return urgency == rules.URGENT
    moments = (gathered.get(name) for name in ("starts", "started", "reply_by"))
    return any(m and now - _SOON < _moment(m) <= now + _SOON for m in moments)


def _moment(text: str) -> datetime:
    """A moment, or the end of a day."""
    if len(text) == len("2026-03-01"):
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
    return parse_rfc3339(text)


def tell(
    streams: Streams, connection: Connection, event: Event, cause: Cause, now: datetime
) -> int:
    """Queue what an event brings, in the caller's transaction; returns how many deliveries."""
    changes: list[Change] = []
    restored = moments.REASON if moments.told_before(connection, event.time) else ""
    for planned in plan(connection, event, now):
        missed = OVER if planned.over else restored
        if now - event.time > planned.rule.longest_age:
            missed = HISTORY
        occasion = Occasion(event.id, community_of(event), event.time)
        changes += queue(planned, occasion, now, missed=missed)
    streams.append(connection, changes, cause=cause, now=now)
    return len(changes)


def queue(planned: Planned, occasion: Occasion, now: datetime, *, missed: str = "") -> list[Change]:
    """The announcement's stream and one for each delivery, all of them new."""
    rule, at = planned.rule, rfc3339(occasion.at)
    announcement = derived_id("ann", occasion.id, rule.message)
    made = AnnouncementMade(
        rule=rule.message,
        event=occasion.id,
        about=occasion.about,
        at=at,
        category=rule.category,
        community=planned.community,
        facts=planned.facts,
    )
    changes = [Change(announcement, 0, [made])]
    for person, way in planned.routes.items():
        queued = Queued(
            announcement=announcement,
            person=person,
            rule=rule.message,
            about=occasion.about,
            category=rule.category,
            at=at,
            due=rfc3339(way.due or now),
            community=planned.community,
            urgent=planned.urgent,
            digest=way.digest,
        )
        events: list[DeliveryEvent] = [queued]
        if missed:
            events.append(Missed(missed))
        elif way.due is None:
            events.append(Suppressed(way.reason))
        changes.append(Change(derived_id("dlv", announcement, person), 0, events))
    return changes


_RANK = {"now": 2, "digest": 1, "none": 0}


class WouldTell(NamedTuple):
    """A message that an event would bring, and what it is about."""

    planned: Planned
    about: str


def forecast(connection: Connection, events: Sequence[Event], now: datetime) -> list[WouldTell]:
    """What these events would bring, each message by itself. Changes nothing."""
    return [
        WouldTell(planned, community_of(event))
        for event in events
        if asked_for(event)
        for planned in plan(connection, event, now)
    ]


def ways_of(messages: Iterable[WouldTell], now: datetime) -> dict[str, str]:
    """The people whom these would tell, and the soonest way of each."""
    ways: dict[str, str] = {}
    for planned, _ in messages:
        for person, way in planned.routes.items():
            told = "none" if planned.over else _told(way, now)
            ways[person] = max(told, ways.get(person, told), key=_RANK.__getitem__)
    return ways


def _told(way: Route, now: datetime) -> str:
    """What waits for the end of quiet hours comes later, as a digest does."""
    if way.due is None:
        return "none"
    return "digest" if way.digest or way.due > now else "now"


def counted(ways: Mapping[str, str], unreachable: Container[str]) -> dict[str, int]:
    """How many hear of it by each way: who cannot be written to hears of nothing."""
    told = ["none" if person in unreachable else way for person, way in ways.items()]
    counts = {way: told.count(way) for way in _RANK}
    return {"notifies": counts["now"] + counts["digest"], **counts}
