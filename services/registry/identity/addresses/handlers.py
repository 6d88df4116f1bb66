"""Changing an address: asked for, confirmed by the code that is sent to the new one, told to the
old one; or made by an operator for somebody whose mailbox is lost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.registry import people
from services.registry.domain.person import RenewLinks
from services.registry.domain.person import decide as decide_person
from services.registry.events import PERSON
from services.registry.identity.addresses import decider, queries
from services.registry.identity.addresses.decider import (
    Carry,
    Change,
    Outcome,
    Pending,
    Request,
    State,
)
from services.registry.identity.oidc import handlers as oidc
from services.registry.identity.sessions import handlers as sessions
from services.registry.identity.sessions import queries as session_queries
from services.registry.identity.sign_ins.decider import Reason
from services.registry.identity.sign_ins.handlers import code, counted_by
from services.registry.rules import (
    ADDRESS_CHANGE_WINDOW,
    ADDRESS_CHANGES_PER_PERSON,
)
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import lock_in_turn
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change as StreamChange
from shared.eventstore.streams import Decider, Streams
from shared.foundation.addresses import address_key
from shared.identifiers import is_id, new_id
from shared.link_renewals import PURPOSES
from shared.service import Service
from shared.settings import Secret

ADDRESS_CHANGE = Decider(Change(), decider.decide, decider.evolve)
_PREFIX = "adc"


class TooManyChanges(Exception):
    """The person asked too often; `until` says when to try again."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many changes of an address")
        self.until = until


class Confirmation(NamedTuple):
    outcome: Outcome
    person: people.Person | None = None


def request(
    streams: Streams,
    connection: Connection,
    person: str,
    address: str,
    secret: Secret,
    *,
    cause: Cause,
    now: datetime,
) -> str:
    """Keep that a person wants a new address; the event has a code sent to it. Returns the change's
    id: the same whoever has the address. Raises TooManyChanges.
    """
    by_address = counted_by(secret, address_key(address))
    lock_in_turn(connection, f"address changes {person}")
    lock_in_turn(connection, f"address changes to {by_address}")
    asked, first = queries.count_recent(connection, "person", person, now)
    if asked >= ADDRESS_CHANGES_PER_PERSON and first is not None:
        raise TooManyChanges(first + ADDRESS_CHANGE_WINDOW)
    for_address, _ = queries.count_recent(connection, "address_key", by_address, now)
    holder = people.by_email(connection, address)
    taken = holder is not None and holder.id != person
    state = State.TAKEN if taken else State.OPEN
    change = Pending(new_id(_PREFIX), person, address, state, 0, now)
    command = Request(person, now, for_address)
    streams.handle(connection, ADDRESS_CHANGE, change.id, command, cause=cause, now=now)
    queries.insert(connection, change, by_address)
    return change.id


def confirm(
    streams: Streams,
    connection: Connection,
    person: str,
    change: str,
    *,
    proven: bool,
    cause: Cause,
    now: datetime,
) -> Confirmation:
    """Make the change, where the code fits. To be committed whatever the outcome: a wrong code
    counts. Raises IntegrityError where another got the address meanwhile.
    """
    lock_in_turn(connection, f"address change {change}")
    people.keep(connection, person)
    pending = queries.by_id(connection, change)
    found = people.by_id(connection, person)
    if pending is not None and pending.person != person:
        pending = None
    outcome = decider.judge(pending, proven=proven, now=now)
    if outcome is Outcome.WRONG_CODE:
        queries.count_try(connection, change)
    if outcome is not Outcome.CHANGED or pending is None or found is None:
        return Confirmation(outcome)
    streams.handle(connection, ADDRESS_CHANGE, change, Carry(person), cause=cause, now=now)
    changed = people.change(connection, found, found.name, pending.address)
    queries.complete(connection, change, found.email)
    return Confirmation(outcome, changed)


def changed_by_operator(
    streams: Streams,
    connection: Connection,
    person: people.Person,
    secret: Secret,
    *,
    cause: Cause,
    now: datetime,
) -> None:
    """Keep that an operator changed an address, as for a lost mailbox.

    Who has the old one, which `person` still holds, is told; whoever was signed in no longer is,
    no account of an identity provider signs in, and the links in the old mailbox stop.
    """
    change = Pending(new_id(_PREFIX), person.id, person.email, State.DONE, 0, now)
    loaded = streams.load(connection, PERSON, person.id)
    theirs = [session.id for session in session_queries.of_person(connection, person.id)]
    changes = [
        StreamChange(change.id, 0, decider.decide(Change(), Carry(person.id))),
        StreamChange(person.id, loaded.version, decide_person(loaded.state, RenewLinks(PURPOSES))),
        *sessions.endings(streams, connection, theirs, Reason.REVOKED),
        *oidc.endings(connection, person.id),
    ]
    streams.append(connection, changes, cause=cause, now=now)
    session_queries.delete(connection, theirs)
    oidc.forget(connection, person.id)
    by_address = counted_by(secret, address_key(person.email) if person.email else "")
    queries.insert(connection, change, by_address)


def contacts(
    connection: Connection, ids: Sequence[str], secret: Secret, now: datetime
) -> list[dict[str, Any]]:
    """Of these changes, the address to write to: the new one with the code while it can be
    confirmed, without it where somebody has that address; the old one once it was changed.
    """
    return [
        {
            "id": found.id,
            "name": "",
            "email": found.address,
            "version": 1,
            "named_by_others": True,
            **(
                {"sign_in": {"code": code(secret.value, found.id), "signed": ""}}
                if found.state is State.OPEN
                else {}
            ),
        }
        for found in queries.by_ids(connection, [i for i in ids if is_id(i, _PREFIX)])
        if found.address is not None and (found.state is State.DONE or now < found.expires)
    ]


def waiting(connection: Connection, person: str, now: datetime) -> list[Pending]:
    """The person's changes that wait for their code; one that is taken looks the same."""
    return [
        found
        for found in queries.of_person(connection, person)
        if found.state is not State.DONE and now < found.expires
    ]


def held(connection: Connection, person: str) -> list[dict[str, str | None]]:
    """For the person's copy: no address that somebody else may have."""
    return [
        {
            "asked_at": rfc3339(found.asked_at),
            "changed": "yes" if found.state is State.DONE else "no",
            "old_address": found.address if found.state is State.DONE else None,
        }
        for found in queries.of_person(connection, person)
    ]


def tidy(service: Service, now: datetime) -> None:
    """A job: forget addresses when their time is over."""
    with service.write() as connection:
        queries.tidy(connection, now)
