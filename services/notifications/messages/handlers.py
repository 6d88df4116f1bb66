"""Writing to the conveners of a community, and answering: once each way."""

from datetime import datetime, timedelta
from typing import NamedTuple

from services.notifications import audiences, facts
from services.notifications.domain import rules
from services.notifications.memberships import open_community
from services.notifications.messages import store
from services.notifications.messages.store import Message
from services.notifications.telling import Occasion, Planned, queue, routed
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import lock_in_turn
from shared.erasure import keep_unless_erased
from shared.eventstore.events import Cause
from shared.eventstore.streams import Streams
from shared.identifiers import new_id

A_DAY = timedelta(days=1)
MOST_A_DAY = 5  # of one person; to one community, one


class NobodyThere(Exception):
    """The message would reach nobody; the words say why."""


class TooMany(Exception):
    """As many were sent as may be; `until` says when the next may."""

    def __init__(self, words: str, until: datetime) -> None:
        super().__init__(words)
        self.until = until


class Answered(Exception):
    """It has been answered, or cannot be."""


class Ready(NamedTuple):
    """A message, and whom it would reach in which way."""

    message: Message
    planned: Planned


def to_conveners(
    connection: Connection, sender: str, community: str, text: str, now: datetime
) -> Ready:
    """Raises NobodyThere and TooMany; changes nothing."""
    if not open_community(connection, community):
        raise NobodyThere("This community is closed, or not known here (yet).")
    _check_budget(connection, sender, community, now)
    message = Message(new_id("msg"), community, sender, None, None, text, rfc3339(now))
    return _ready(connection, message, rules.MESSAGE, now)


def as_answer(
    connection: Connection, message: Message, sender: str, text: str, now: datetime
) -> Ready:
    """From a convener to who wrote first, and once more back. Raises Answered, NobodyThere."""
    if message.sender == sender:
        raise Answered("This is your own message; the others answer it.")
    if message.recipient is None and message.answers is not None:
        raise Answered("Both sides have answered: go on by other means, if you both wish.")
    if store.answer_of(connection, message.id) is not None:
        raise Answered("This message has been answered already.")
    # An answer goes to who wrote; theirs, in turn, to the conveners again.
    recipient = message.sender if message.recipient is None else None
    answer = Message(
        *(new_id("msg"), message.community, sender, recipient, message.id, text, rfc3339(now))
    )
    return _ready(connection, answer, rules.MESSAGE_ANSWERED, now)


def send(
    streams: Streams, connection: Connection, ready: Ready, *, cause: Cause, now: datetime
) -> None:
    """Keep the text where it can be erased, and queue what goes out.

    Raises NobodyThere where somebody was erased meanwhile.
    """
    message, planned = ready
    people = [message.sender, *filter(None, [message.recipient])]
    if not keep_unless_erased(connection, "notifications", *people):
        raise NobodyThere("One of the two was erased; nothing more is taken.")
    store.put(connection, message)
    occasion = Occasion(message.id, message.id, now)
    streams.append(connection, queue(planned, occasion, now), cause=cause, now=now)


def take_turns(connection: Connection, sender: str) -> None:
    """What one person sends is counted one after another."""
    lock_in_turn(connection, f"messages of {sender}")


def _ready(connection: Connection, message: Message, rule: rules.Rule, now: datetime) -> Ready:
    told = facts.of_communities(connection, [message.community])
    told |= {"person": message.sender, "message": message.id}
    people = _recipients(connection, message, now)
    if not people:
        raise NobodyThere("Nobody convenes this community just now, so that nobody would read it.")
    return Ready(message, routed(connection, rule, [message.community], told, people, now))


def _recipients(connection: Connection, message: Message, now: datetime) -> list[str]:
    if message.recipient is not None:
        return [message.recipient]
    subject = audiences.Subject(message.community, {}, [message.community], now.date())
    found = audiences.people(connection, rules.MESSAGE.audience, subject)
    return [person for person in found if person != message.sender]


def _check_budget(connection: Connection, sender: str, community: str, now: datetime) -> None:
    sent = store.begun_since(connection, sender, now - A_DAY)
    if len(sent) >= MOST_A_DAY:
        until = parse_rfc3339(sent[-MOST_A_DAY].at) + A_DAY
        raise TooMany(f"You have written to {MOST_A_DAY} communities within a day.", until)
    to_it = [message for message in sent if message.community == community]
    if to_it:
        until = parse_rfc3339(to_it[-1].at) + A_DAY
        raise TooMany("You have written to this community within the last day.", until)
