"""What one service is made of, and how its parts hang together: filled in by each bootstrap.py."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask
from flask_smorest import Blueprint

from shared.clock import Clock
from shared.connection import Connection
from shared.database import Database
from shared.eventstore import epochs
from shared.eventstore.codec import EventTypes
from shared.eventstore.store import EventStore
from shared.eventstore.streams import Streams
from shared.projection.generations import OWN, hold
from shared.projection.projection import Projection
from shared.projection.reactions import Reaction
from shared.projection.read_models import ReadModels
from shared.settings import Settings
from shared.worker.loops import Loop

if TYPE_CHECKING:
    from shared.http.policies import Authority
    from shared.http.token_keys import TokenKeys

Pass = Callable[["Service", datetime], object]
Measures = Callable[[Connection, datetime], dict[str, tuple[str, float]]]


def _nothing_measured(_connection: Connection, _now: datetime) -> dict[str, tuple[str, float]]:
    return {}


class Trouble(NamedTuple):
    """What is not well in a service: `what` is one of a few words, `since` RFC 3339."""

    what: str
    words: str
    since: str


def no_troubles(_connection: Connection) -> list[Trouble]:
    return []


def _nothing_held(_connection: Connection, _person: str) -> dict[str, Any]:
    return {}


def _has_all(_connection: Connection, _stream: str) -> bool:
    return True


def _nothing_lacks() -> None:
    return None


@dataclass(frozen=True)
class Service:
    """`follows` names the services whose events are consumed, into the `followed` projections.

    `passes` are what time alone brings about: each is called with the service and `now`, every few
    minutes, by one worker at a time, and is safe to repeat. `holds` gives what the service holds
    about a person besides the id. `web_lacks` says in a sentence what a web process still waits for
    before it can answer; `web_has` whether what a web process keeps in memory of a stream is as
    its tables have it. `start_web` starts what a web process needs besides its app,
    `loops` gives what the worker does besides. `pending` counts, by name, what is still to be done
    in the service's own tables: for status. `measures` gives gauges of its own, each with words;
    `troubles` what is not well in it, for status.
    `erase_again` erases a person whom a backup has brought back. `authority` tells who may do
    what; `token_keys` are where people's tokens are verified by, the registry's where not given.
    """

    name: str
    title: str
    settings: Settings
    types: EventTypes
    migrations: Path
    blueprints: Sequence[Blueprint] = ()
    own: Sequence[Projection] = ()
    followed: Sequence[Projection] = ()
    follows: Sequence[str] = ()
    reactions: Sequence[Reaction] = ()
    passes: Sequence[Pass] = ()
    holds: Callable[[Connection, str], dict[str, Any]] = field(default=_nothing_held)
    pending: dict[str, Callable[[Connection], int]] = field(default_factory=dict)
    measures: Measures = field(default=_nothing_measured)
    troubles: Callable[[Connection], Sequence[Trouble]] = field(default=no_troubles)
    web_lacks: Callable[[], str | None] = field(default=_nothing_lacks)
    web_has: Callable[[Connection, str], bool] = field(default=_has_all)
    start_web: Callable[["Service", Flask], None] | None = None
    loops: Callable[["Service"], Sequence[Loop]] | None = None
    erase_again: Callable[["Service", str, datetime], None] | None = None
    authority: "Authority | None" = None
    token_keys: "Callable[[Service], TokenKeys] | None" = None

    @cached_property
    def database(self) -> Database:
        return Database(
            self.settings.database_urls[self.name],
            pool_size=self.settings.web_threads,
            application=f"hedgerow-{self.name}",
        )

    @cached_property
    def store(self) -> EventStore:
        return EventStore(self.database.dialect)

    @cached_property
    def streams(self) -> Streams:
        return Streams(self.store, self.types, ReadModels(self.own).project)

    @property
    def clock(self) -> Clock:
        return self.settings.clock

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction for commands: it keeps the generation of the own read models as it is."""
        with self.database.write() as connection:
            hold(connection, OWN)
            yield connection

    def raise_epoch(self, connection: Connection, reason: epochs.Reason) -> int:
        """Begin a new epoch that followers are told of, as the owner of the tables."""
        now = self.clock.now()
        return epochs.raise_epoch(connection, self.store, self.types, self.name, reason, now)
