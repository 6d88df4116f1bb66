"""Projecting events that are in the store already, beside the library `eventsourcing`."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from eventsourcing.persistence import InfrastructureFactory, Tracking
from eventsourcing.projection import ProjectionRunner
from eventsourcing.utils import Environment

from services.registry.bootstrap import build
from shared.clock import Clock
from shared.database import Database
from shared.eventstore.events import START, Event
from shared.eventstore.store import EventStore
from shared.projection.consumer import Consumer
from shared.projection.projection import Projection, Row
from shared.projection.rebuild import rebuild_own
from shared.settings import load_settings
from shared.stream.source import Batch, Look
from tests.bench import table
from tests.bench.counters import Counting, PostgresCounters, SQLiteCounters, Things
from tests.bench.ground import Ground
from tests.bench.stores import TYPES, WORDS, fill, migrated, peer_environment

EVENTS = 100_000
PEER_EVENTS = 10_000  # at a transaction an event, more would take its time and tell the same
PAGE = 500
_LEAST = 12
_NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


def projecting(kind: str, ground: Ground) -> Iterator[table.Line]:
    """Counters of events by type, from the store and through the inbox; then real read models."""
    url = ground.database(kind)
    database = migrated(url)
    fill(database, EVENTS)
    with database.write() as connection:
        for generation in (1, 2):
            connection.exec_driver_sql(
                f"CREATE TABLE counts_{generation} (type text PRIMARY KEY, counted integer)"
            )
    peer = _peer(kind, url)
    name = f"projecting {EVENTS:,} events, {_NAMES[kind]}"
    rebuilt = _rate(lambda: rebuild_own(database, EventStore(kind), [COUNTS]))
    yield table.against(
        f"{name}: rebuild", rebuilt, peer, of="events", least=_LEAST, bound="reading rows, Python"
    )
    consumed = _consumed(database)
    yield table.against(
        f"{name}: consumer",
        consumed,
        peer,
        of="events",
        least=_LEAST,
        bound="a row in the inbox for every event",
    )
    registry = build(load_settings({}, need_tokens=False))
    real = _rate(lambda: rebuild_own(database, EventStore(kind), registry.own))
    yield table.Line(
        f"{name}: the registry's",
        f"{real:,.0f} events/s",
        bound="evolving and rendering each event's document",
    )
    database.close()


def _count(row: Row | None, event: Event) -> Row:
    return {"type": event.type, "counted": row["counted"] + 1 if row else 1}


COUNTS = Projection(
    table="counts",
    columns=("type", "counted"),
    types=dict.fromkeys(TYPES, 1),
    fold=_count,
    key=lambda event: event.type,
)


def _rate(work: Callable[[], object], events: int = EVENTS) -> float:
    started = time.perf_counter()
    work()
    return events / (time.perf_counter() - started)


def _consumed(database: Database) -> float:
    """The rate of a consumer, of events that came already."""
    with database.read() as connection:
        events = EventStore(database.dialect).read(connection, START, EVENTS)
    source = Pages(events)
    consumer = Consumer(database, Clock(), source, [COUNTS])

    def consume() -> None:
        while consumer.step(0):
            pass

    return _rate(consume, len(events))


class Pages:
    """A source that has all events at hand, a page of the feed at a time."""

    transport = "feed"
    sources = ("registry",)

    def __init__(self, events: Sequence[Event]) -> None:
        self._events, self._done = events, 0

    def poll(self, _seconds: float) -> list[Batch]:
        page = self._events[self._done : self._done + PAGE]
        before = str(self._events[self._done - 1].cursor) if self._done else None
        after = str(page[-1].cursor) if page else ""
        return [Batch("registry", "registry/feed", before, after, page)] if page else []

    def moved(self, batches: Sequence[Batch]) -> None:
        self._done += sum(len(batch.events) for batch in batches)

    def reset(self) -> None:
        raise AssertionError("nothing here goes wrong")

    def look(self) -> list[Look]:
        return [Look("registry", None)]

    def close(self) -> None:
        pass


def _peer(kind: str, url: str) -> float:
    environment = peer_environment(url)
    things = Things(env=environment)
    things.fill(PEER_EVENTS, WORDS)
    if kind == "sqlite":  # whose recorder has no subscriptions: pages, as the library's own reader
        return _rate(lambda: _follow(things, environment), PEER_EVENTS)
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Things,
        projection_class=Counting,
        view_class=PostgresCounters,
        env=environment,
    ) as runner:
        runner.wait(PEER_EVENTS, timeout=600)
    return PEER_EVENTS / (time.perf_counter() - started)


def _follow(things: Things, environment: dict[str, str]) -> None:
    factory: Any = InfrastructureFactory.construct(Environment("Counting", environment))
    counting = Counting(factory.tracking_recorder(SQLiteCounters))
    done = 0
    while done < PEER_EVENTS:
        for stored in things.recorder.select_notifications(done, PAGE, inclusive_of_start=False):
            event = things.mapper.to_domain_event(stored)
            counting.process_event(event, Tracking(things.name, stored.id))
            done = stored.id
