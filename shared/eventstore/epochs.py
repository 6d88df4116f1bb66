"""Epochs that followers are told of: why one began, from where they go on, what they must forget.

A new epoch begins where events that followers have seen may be gone or look otherwise: after a
restore, or where a release publishes the past in another form. Each is told by an event in a stream
of its own, the first of the epoch, and by the feed to whoever comes with a cursor from before. An
epoch that begins with a plain start of SQLite tells nobody anything.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.codec import EventType, EventTypes
from shared.eventstore.events import Cause, Cursor, Event, StreamAppend, feed_cursor
from shared.eventstore.store import EventStore
from shared.identifiers import derived_id

_NAME = "platform.epoch-raised"


class Reason(StrEnum):
    """Why an epoch began that followers are told of."""

    RESTORED = "restored"  # from a backup: what came after that is gone
    REPUBLISHED = "republished"  # events of the past no longer show all that they did
    RESENT = "resent"  # the topics were emptied, and everything is sent to them again


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Fields that past events of a type held, and that are shown to nobody any more."""

    type: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EpochRaised:
    """`continues_after` is the feed's last cursor before the epoch."""

    epoch: int
    reason: str
    continues_after: str
    withdrawn: tuple[Withdrawn, ...] = ()


class Raised(NamedTuple):
    """An epoch that began later than a reader's cursor, and what the reader does about it."""

    epoch: int
    reason: str
    continues_after: str
    detail: str


_WHAT_TO_DO = {
    Reason.RESTORED: "The service was put back from a backup. Go on from `next`. What you have of"
    " it that the feed up to `continues_after` does not show is gone: drop it, or build yours again"
    " from the beginning, without `after`.",
    Reason.REPUBLISHED: "Events up to `continues_after` keep their places, ids and sequences, but"
    " no longer show all that they did. Go on from `next`; the event of this epoch names the fields"
    " that are gone: delete them where you kept them.",
    Reason.RESENT: "The Kafka topics were emptied and are filled again. Who follows the feed goes"
    " on from `next`, and has nothing to do.",
}


def epoch_raised_type(service: str) -> EventType:
    """The event type by which a service tells that an epoch began."""
    return EventType(f"{service}.{_NAME}", 1, EpochRaised)


def is_epoch_raised(event_type: str) -> bool:
    return event_type.endswith(f".{_NAME}")


def raise_epoch(
    connection: Connection,
    store: EventStore,
    types: EventTypes,
    service: str,
    reason: Reason,
    now: datetime,
) -> int:
    """Begin a new epoch and tell of it in its first event; returns the epoch.

    As the role that owns the tables. The epoch is also later than that of anyone who saw an earlier
    restore of the same backup.
    """
    epoch = store.raise_epoch(connection, at_least=int(now.timestamp()))
    before = feed_cursor(service, store.head(connection))
    stream = derived_id("epo", service, str(epoch))
    fields = [Withdrawn(kind.name, kind.withdrawn) for kind in types.withdrawing()]
    # A backup may be of before they were withdrawn.
    withdrawn = tuple(fields) if reason != Reason.RESENT else ()
    raised = EpochRaised(epoch, reason, before, withdrawn)
    cause = Cause(correlation=f"epoch-{epoch}")
    append = StreamAppend(stream, 0, [types.encode(raised)])
    store.append(connection, [append], cause=cause, now=now)
    connection.exec_driver_sql(
        "INSERT INTO epochs (epoch, reason, stream, continues_after)"
        f" VALUES ({marks(connection, 4)})",
        (epoch, reason.value, stream, before),
    )
    return epoch


def present_epoch(connection: Connection) -> int:
    """The epoch that the store writes in."""
    return int(connection.exec_driver_sql("SELECT epoch FROM event_store").scalar_one())


def raised_since(connection: Connection, cursor: Cursor) -> list[Raised]:
    """The epochs that followers are told of and that began after a cursor's."""
    rows = connection.exec_driver_sql(
        "SELECT epoch, reason, continues_after FROM epochs"
        f" WHERE epoch > {mark(connection)} ORDER BY epoch",
        (cursor.epoch,),
    )
    return [Raised(row[0], row[1], row[2], _WHAT_TO_DO[Reason(row[1])]) for row in rows]


def announcements(connection: Connection, store: EventStore) -> list[Event]:
    """The events that tell of epochs, in order."""
    rows = connection.exec_driver_sql("SELECT stream FROM epochs ORDER BY epoch")
    streams = [row[0] for row in rows]
    found = store.load_many(connection, streams)
    return [event for stream in streams for event in found.get(stream, ())]
