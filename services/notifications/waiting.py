"""What waits for a person in notifications: messages to answer, and an address at which nothing
arrives any more.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.notifications import bouncing
from services.notifications.contact_book import ContactsUnavailable
from services.notifications.memberships import name_of
from services.notifications.messages import store
from services.notifications.reach import contact_book
from shared.clock import parse_rfc3339
from shared.connection import Connection
from shared.http.inbox import Waiting
from shared.service.authority import convened

ANSWERED_WITHIN = timedelta(days=30)


def waiting_for(connection: Connection, person: str, now: datetime) -> Iterator[Waiting]:
    yield from _messages(connection, person, now)
    blocked = bouncing.blocked_since(connection, person)
    if blocked is not None and _is_of_the_present_address(connection, person):
        title = "Messages to your address come back, so nothing is sent to it"
        yield Waiting("address-bounced", person, title, blocked, f"/bounces/{person}")


def _messages(connection: Connection, person: str, now: datetime) -> Iterator[Waiting]:
    mine = convened(connection, person, now.date())
    for message in store.unanswered(connection, person, mine, now - ANSWERED_WITHIN):
        of = name_of(connection, message.community)
        title = (
            f"Somebody has written to the conveners of {of}"
            if message.recipient is None
            else f"The conveners of {of} have answered you"
        )
        at = parse_rfc3339(message.at)
        path = f"/messages/{message.id}/answer"
        yield Waiting("message", message.id, title, at, path, at + ANSWERED_WITHIN)


def _is_of_the_present_address(connection: Connection, person: str) -> bool:
    """Whether it is the address that the person has now; while the registry does not say, yes."""
    try:
        contacts = contact_book().look_up([person])
    except ContactsUnavailable:
        return True
    return person in bouncing.blocked(connection, contacts)
