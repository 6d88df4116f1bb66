"""Asking to sign in, and completing it."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.registry import people
from services.registry.domain.person import Person, RegisterPerson
from services.registry.domain.person import decide as decide_person
from services.registry.identity.sessions import handlers as sessions
from services.registry.identity.sign_ins import decider, queries
from services.registry.identity.sign_ins.decider import (
    PURPOSE,
    Complete,
    Outcome,
    Pending,
    Request,
    SignIn,
)
from services.registry.identity.suspensions import queries as suspensions
from services.registry.rules import (
    ACCOUNT_KEPT,
    ACCOUNT_PURPOSE,
    SIGN_IN_LIFETIME,
    SIGN_IN_WINDOW,
    SIGN_INS_PER_ADDRESS,
    SIGN_INS_PER_NETWORK,
)
from shared.connection import Connection
from shared.database import lock_in_turn
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change, Decider, Streams
from shared.foundation.addresses import address_key
from shared.identifiers import is_id, new_id
from shared.service import Service
from shared.settings import Secret
from shared.web import signer

SIGN_IN = Decider(SignIn(), decider.decide, decider.evolve)
_DIGITS = 6


class TooManyRequests(Exception):
    """Too many sign-ins were asked for from one network address; `until` says when to try again."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many sign-ins from this network address")
        self.until = until


class Completion(NamedTuple):
    """What a completion came to; where it is COMPLETED, whose session it began."""

    outcome: Outcome
    person: str = ""
    secret: str = ""


def request_sign_in(
    streams: Streams,
    connection: Connection,
    address: str,
    network: str,
    secret: Secret,
    *,
    cause: Cause,
    now: datetime,
) -> str:
    """Keep that somebody wants to sign in; the event has an email sent. Returns the sign-in's id.

    The same for addresses that nobody here has. Raises TooManyRequests.
    """
    by_address, by_network = counted_by(secret, address_key(address)), counted_by(secret, network)
    lock_in_turn(connection, f"sign-ins {by_network}")
    lock_in_turn(connection, f"sign-ins {by_address}")
    asked, first = queries.count_recent(connection, "network_key", by_network, now)
    if asked >= SIGN_INS_PER_NETWORK and first is not None:
        raise TooManyRequests(first + SIGN_IN_WINDOW)
    for_address, _ = queries.count_recent(connection, "address_key", by_address, now)
    person = people.by_email(connection, address)
    # The same queries whoever has the address, so that they take the same time.
    suspended = suspensions.by_person(connection, person.id if person else "") is not None
    command = Request(now, SIGN_INS_PER_ADDRESS if suspended else for_address)
    told = decider.decide(SignIn(), command)
    sign_in = Pending(
        id=new_id("sin"),
        address=address if told else None,  # what was not sent to anybody, nobody completes
        person=person.id if person else None,
        expires=now + SIGN_IN_LIFETIME,
        tries=0,
        completed=False,
    )
    streams.append(connection, [Change(sign_in.id, 0, told)], cause=cause, now=now)
    queries.insert(connection, sign_in, by_address, by_network, now)
    return sign_in.id


def complete(
    streams: Streams,
    connection: Connection,
    sign_in: str,
    *,
    proven: bool,
    name: str | None,
    cause: Cause,
    now: datetime,
) -> Completion:
    """Begin a session, and make the person where the address is nobody's yet.

    To be committed whatever the outcome: a wrong code counts.
    """
    lock_in_turn(connection, f"sign-in {sign_in}")
    found = queries.by_id(connection, sign_in)
    person = _who(connection, found)
    proven = proven and found is not None and found.address is not None
    if person is not None:
        people.keep(connection, person)
        # As if each code were wrong: nobody else learns that the person is suspended.
        proven = proven and suspensions.by_person(connection, person) is None
    named = person is not None or name is not None
    outcome = decider.judge(found, proven=proven, named=named, now=now)
    if outcome is Outcome.WRONG_CODE:
        queries.count_try(connection, sign_in)
    if outcome is not Outcome.COMPLETED or found is None or found.address is None:
        return Completion(outcome)
    is_new, person = person is None, person or new_id("per")
    loaded = streams.load(connection, SIGN_IN, sign_in)
    completed = decider.decide(loaded.state, Complete(person))
    changes = [Change(sign_in, loaded.version, completed)]
    if is_new:
        changes.append(Change(person, 0, decide_person(Person(), RegisterPerson())))
    streams.append(connection, changes, cause=cause, now=now)
    secret = sessions.start(connection, sign_in, person, now)
    if is_new and name is not None:
        people.add(connection, person, name, found.address, now)
    queries.complete(connection, sign_in, person)
    people.set_purpose(connection, person, ACCOUNT_PURPOSE, now.date() + ACCOUNT_KEPT)
    return Completion(outcome, person, secret)


def _who(connection: Connection, sign_in: Pending | None) -> str | None:
    """Whose address it is by now: another sign-in may have made the person meanwhile."""
    if sign_in is None or sign_in.address is None:
        return None
    found = people.by_email(connection, sign_in.address)
    return found.id if found else None


def code(secret: str, sign_in: str) -> str:
    """The six digits that another device may be given; derived, so that nobody has to keep them."""
    digest = hmac.digest(secret.encode(), f"sign-in code {sign_in}".encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8], 'big') % 10**_DIGITS:0{_DIGITS}d}"


def is_code(secret: Secret, sign_in: str, given: str) -> bool:
    digits = "".join(given.split())
    return any(
        [hmac.compare_digest(code(value, sign_in), digits) for value in secret.values]
        if digits.isascii()
        else []
    )


def link(secret: Secret, sign_in: Pending) -> str:
    """The signed part of the address that the email leads to."""
    return signer.sign(secret, PURPOSE, sign_in.id, 0, sign_in.expires)


def contacts(
    connection: Connection, ids: Sequence[str], secret: Secret, now: datetime
) -> list[dict[str, Any]]:
    """Of these sign-ins, the address of each that can be completed, and by what. No name: whoever
    has the address has only been asked for.
    """
    return [
        {
            "id": found.id,
            "name": "",
            "email": found.address,
            "version": 1,
            "named_by_others": True,
            "sign_in": {"code": code(secret.value, found.id), "signed": link(secret, found)},
        }
        for found in queries.by_ids(connection, [i for i in ids if is_id(i, "sin")])
        if found.address is not None and not found.completed and now < found.expires
        if not _is_suspended(connection, found.address)
    ]


def _is_suspended(connection: Connection, address: str) -> bool:
    person = people.by_email(connection, address)
    return person is not None and suspensions.by_person(connection, person.id) is not None


def tidy(service: Service, now: datetime) -> None:
    """A job: forget the addresses of sign-ins that have expired."""
    with service.write() as connection:
        queries.forget_addresses(connection, now)


def counted_by(secret: Secret, text: str) -> str:
    """A hash by which requests can be counted, and from which the text cannot be guessed."""
    return hmac.new(secret.value.encode(), text.encode(), hashlib.sha256).hexdigest()
