"""Whom something would reach that is not sent yet, as far as the registry says."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import structlog
from flask import current_app

from services.notifications import bouncing, telling
from services.notifications.contact_book import ContactBook, ContactsUnavailable
from services.notifications.telling import Planned, WouldTell
from shared.web.context import service

log = structlog.get_logger()


def would_reach(planned: Planned, about: str, now: datetime) -> dict[str, int]:
    """How many a message about something would tell now, in digests, and not at all."""
    ways = telling.ways_of([WouldTell(planned, about)], now)
    told = [person for person, way in ways.items() if way != "none"]
    return telling.counted(ways, unreachable(told))


def unreachable(people: Sequence[str]) -> set[str]:
    """Those who are suspended, have no address, or one that bounces; nobody while the registry
    does not say."""
    try:
        contacts = contact_book().look_up(people) if people else {}
    except ContactsUnavailable:
        log.warning("a forecast is made without asking for addresses")
        return set()
    with service().database.read() as connection:
        blocked = bouncing.blocked(connection, contacts)
    there = {person for person, who in contacts.items() if who.email and not who.suspended}
    return (set(people) - there) | blocked


def names_of(people: Sequence[str]) -> dict[str, str]:
    """Their names, in one question to the registry; none while it does not answer."""
    try:
        found = contact_book().look_up(people) if people else {}
    except ContactsUnavailable:
        return {}
    return {person: contact.name for person, contact in found.items()}


def contact_book() -> ContactBook:
    return cast(ContactBook, current_app.extensions["hedgerow_contacts"])
