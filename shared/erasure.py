"""Erasing a person reaches every service: each forgets what it holds, and confirms by an event.

`registry.person.erased` asks for it; `SERVICE.person.erasure-confirmed` answers, in the service's
own store, in the transaction that forgot.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from shared import link_renewals, stored_answers
from shared.connection import Connection
from shared.database import lock_in_turn, mark, marks, share_lock
from shared.eventstore.codec import EventType
from shared.eventstore.events import INTERNAL, Cause, Event
from shared.eventstore.streams import Change, Decider, Streams
from shared.projection.reactions import Reaction
from shared.service import reads

ERASED = "registry.person.erased"
Forget = Callable[[Connection, str], None]


@dataclass(frozen=True, slots=True)
class ErasureConfirmed:
    """This service holds nothing any more about the person whose stream this is."""


def _decide(confirmed: bool, _command: None) -> list[ErasureConfirmed]:
    return [] if confirmed else [ErasureConfirmed()]


def _evolve(_confirmed: bool, _event: ErasureConfirmed) -> bool:
    return True


_CONFIRMING = Decider(False, _decide, _evolve)


def confirmed_type(service: str) -> EventType:
    """The event type by which a service confirms."""
    return EventType(f"{service}.person.erasure-confirmed", 1, ErasureConfirmed, INTERNAL)


def keep_unless_erased(connection: Connection, service: str, *people: str) -> bool:
    """Whether none of these was erased here; until the transaction ends none will be.

    For whoever is about to store something about them. Call it before the first load.
    """
    for person in sorted(people):
        share_lock(connection, _lock(person))
    return not erased_among(connection, service, people)


def _lock(person: str) -> str:
    return f"person {person}"


def nothing_held(_connection: Connection, _person: str) -> None:
    """For a service that keeps nothing about people but their ids."""


def erased_among(connection: Connection, service: str, people: Collection[str]) -> set[str]:
    """Those of these people whose erasure this service has confirmed."""
    found: set[str] = set()
    wanted, type_name = list(people), confirmed_type(service).name
    for start in range(0, len(wanted), 500):
        chunk = tuple(wanted[start : start + 500])
        rows = connection.exec_driver_sql(
            "SELECT DISTINCT stream_id FROM events"
            f" WHERE stream_id IN ({marks(connection, len(chunk))})"
            f" AND type = {mark(connection)}",
            (*chunk, type_name),
        )
        found |= {row[0] for row in rows}
    return found


def confirms_erasure(streams: Callable[[], Streams], forget: Forget = nothing_held) -> Reaction:
    """The reaction by which a service forgets a person and confirms it.

    `forget` deletes what is the service's own; answers kept for Idempotency-Key go in any case.
    """

    def perform(connection: Connection, event: Event, cause: Cause, now: datetime) -> None:
        lock_in_turn(connection, _lock(event.stream))
        confirmed = streams().load(connection, _CONFIRMING, event.stream)
        events = _decide(confirmed.state, None)
        change = Change(event.stream, confirmed.version, events)
        streams().append(connection, [change], cause=cause, now=now)
        forget(connection, event.stream)
        link_renewals.forget(connection, event.stream)
        reads.forget(connection, event.stream)
        stored_answers.forget(connection, event.stream)

    return Reaction("forget an erased person", frozenset({ERASED}), perform)
