"""Where a consumer's events come from: a Kafka topic's partitions, or another service's feed."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from shared.eventstore.events import Event


class Batch(NamedTuple):
    """Events of one partition in order, and the positions before and after them.

    `before` is None where nothing of the partition was ever applied. `unreadable` holds stand-ins
    for records that were no events, each with the reason as its data.
    """

    source: str  # the service whose events they are
    partition: str
    before: str | None
    after: str
    events: Sequence[Event]
    unreadable: Sequence[Event] = ()


class SourceUnavailable(Exception):
    """The source cannot be reached now; the message says why."""


class SourceLacks(SourceUnavailable):
    """The source answers, but without what was read of it before."""


class Look(NamedTuple):
    """What a source knew of its own end at a moment: for status and metrics."""

    source: str
    lag: int | None  # events still to come, where the transport can say


class Source(Protocol):
    """Polled by one thread. Positions are the consumer's; a source only remembers where it is."""

    transport: str
    sources: Sequence[str]

    def poll(self, seconds: float) -> list[Batch]:
        """Wait up to `seconds` for events. Raises SourceUnavailable."""

    def moved(self, batches: Sequence[Batch]) -> None:
        """The batches were applied and committed."""

    def reads(self, partition: str) -> bool:
        """Whether a position of this partition is one of this source's."""

    def reset(self) -> None:
        """Forget what was polled, and go on from the positions that are stored."""

    def look(self) -> list[Look]:
        """Ask the source how far ahead it is."""

    def close(self) -> None: ...
