"""The peer's projection: counters of events, as the documentation of `eventsourcing` has them."""

from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking, TrackingRecorder
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection
from eventsourcing.sqlite import SQLiteDatastore, SQLiteTrackingRecorder
from psycopg.sql import SQL, Identifier

_CREATED, _CHANGED = "created", "changed"


class Thing(Aggregate):
    """What the counted events are of."""

    def __init__(self, words: str) -> None:
        self.words = words

    @event("Changed")
    def change(self, words: str) -> None:
        self.words = words


class Things(Application[Any]):
    """The application whose events are projected."""

    def fill(self, events: int, words: str, *, in_stream: int = 10) -> None:
        for _ in range(events // in_stream):
            thing = Thing(words)
            for _ in range(in_stream - 1):
                thing.change(words)
            self.save(thing)


class Counters(TrackingRecorder):
    """The view: how many events of each kind."""

    def count(self, name: str, tracking: Tracking) -> None:
        raise NotImplementedError


class SQLiteCounters(SQLiteTrackingRecorder, Counters):
    def __init__(self, datastore: SQLiteDatastore, **settings: Any) -> None:
        super().__init__(datastore, **settings)
        self.create_table_statements.append(
            "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, counter INTEGER)"
        )

    def count(self, name: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO counters VALUES (?, 1)"
                " ON CONFLICT (name) DO UPDATE SET counter = counter + 1",
                (name,),
            )


class PostgresCounters(PostgresTrackingRecorder, Counters):
    def __init__(self, datastore: PostgresDatastore, **settings: Any) -> None:
        super().__init__(datastore, **settings)
        table = SQL("{}.{}").format(Identifier(datastore.schema), Identifier("counters"))
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS {} (name text PRIMARY KEY, counter bigint)").format(
                table
            )
        )
        self._count = SQL(
            "INSERT INTO {0} AS c VALUES (%s, 1)"
            " ON CONFLICT (name) DO UPDATE SET counter = c.counter + 1"
        ).format(table)

    def count(self, name: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._count, (name,), prepare=True)


class Counting(Projection[Counters]):
    """The projection: a transaction an event."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        created = isinstance(domain_event, Aggregate.Created)
        self.view.count(_CREATED if created else _CHANGED, tracking)
