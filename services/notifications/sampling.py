"""What would-be messages say, a sample of each kind, and how many people would get one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.notifications.contact_book import Contact
from services.notifications.rendering import Part, Renderer, people_in
from services.notifications.telling import WouldTell, counted, ways_of
from shared.clock import rfc3339


def messages(
    would_tell: Sequence[WouldTell],
    unreachable: Collection[str],
    renderer: Renderer,
    names: Mapping[str, Contact],
    now: datetime,
) -> list[dict[str, Any]]:
    """By kind: its name, subject and text as the first who gets it would read them, and counts."""
    found = []
    for kind, of_kind in _by_kind(would_tell).items():
        ways = ways_of(of_kind, now)
        subject, text = renderer.sample(_part(of_kind[0], now), names, now)
        counts = counted(ways, unreachable)
        told = {"message": kind, "subject": subject, "text": text}
        found.append({**told, "people": len(ways), **counts})
    return found


def people_named(would_tell: Sequence[WouldTell]) -> list[str]:
    """Those whose names the samples tell."""
    firsts = [of_kind[0] for of_kind in _by_kind(would_tell).values()]
    return people_in([Part({"facts": first.planned.facts}) for first in firsts])


def _by_kind(would_tell: Sequence[WouldTell]) -> dict[str, list[WouldTell]]:
    found: dict[str, list[WouldTell]] = {}
    for each in would_tell:
        found.setdefault(each.planned.rule.message, []).append(each)
    return found


def _part(told: WouldTell, now: datetime) -> Part:
    """As it would be announced."""
    planned = told.planned
    return Part(
        {
            "rule": planned.rule.message,
            "event": "would-be",
            "about": told.about,
            "at": rfc3339(now),
            "category": planned.rule.category,
            "community": planned.community,
            "facts": planned.facts,
        }
    )
