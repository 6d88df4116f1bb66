"""A small service whose events are followed, by each transport, and one that follows it."""

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import msgspec
from kafka import KafkaAdminClient
from werkzeug.serving import BaseWSGIServer, make_server

from shared.clock import Clock
from shared.database import Database
from shared.eventstore.codec import EventType, EventTypes
from shared.eventstore.events import INTERNAL, START, Cause, Event
from shared.eventstore.streams import Change
from shared.migrations.migrate import migrate
from shared.projection.consumer import Consumer
from shared.projection.inbox import Parked, parked
from shared.projection.positions import positions
from shared.projection.projection import Projection, Row
from shared.projection.reactions import Reaction
from shared.service import Service
from shared.settings import load_settings
from shared.stream.feed_source import FeedSource
from shared.stream.kafka import topics_of
from shared.stream.kafka_source import KafkaSource
from shared.stream.relay import Relay
from shared.stream.source import Source
from shared.stream.topics import make_topics
from shared.web.app import create_app
from tests.servers import KafkaServer, free_port

Positions = Callable[[], dict[str, str]]
CLOCK = Clock()


@dataclass(frozen=True)
class Filled:
    n: int


@dataclass(frozen=True)
class Locked:
    n: int


TYPES = EventTypes(
    [EventType("test.box.filled", 1, Filled), EventType("test.lock.turned", 1, Locked, INTERNAL)]
)


class Origin:
    """A service with nothing but events: streams `box_…` are public, `lock_…` internal."""

    def __init__(self, folder: Path, bootstrap: str | None = None) -> None:
        self.name = f"origin{uuid.uuid4().hex[:12]}"
        environ = {
            "HEDGEROW_DATA_DIR": str(folder),
            "HEDGEROW_OPERATOR_TOKEN": "an operator's token",
            "HEDGEROW_SERVICE_TOKEN": "a service's token",
            "HEDGEROW_SECRET": "a secret for links",
            **({"HEDGEROW_KAFKA_BOOTSTRAP": bootstrap} if bootstrap else {}),
        }
        url, versions = f"sqlite:///{folder / 'origin.db'}", folder / "no_migrations"
        versions.mkdir()
        settings = replace(load_settings(environ), database_urls={self.name: url})
        self.service = Service(
            self.name, "Boxes and locks", settings=settings, types=TYPES, migrations=versions
        )
        migrate(url, url, versions)

    def fill(self, *streams: str, times: int = 1) -> None:
        """Append `times` events to each stream, in turn, each numbered by its version."""
        kinds: dict[str, type] = {"box": Filled, "lock": Locked}
        with self.service.write() as connection:
            found = self.service.store.load_many(connection, list(dict.fromkeys(streams)))
            versions = {stream: len(events) for stream, events in found.items()}
            changes = []
            for stream in [stream for _ in range(times) for stream in streams]:
                version = versions.get(stream, 0)
                event = kinds[stream.split("_")[0]](version + 1)
                changes.append(Change(stream, version, [event]))
                versions[stream] = version + 1
            self.service.streams.append(
                connection, changes, cause=Cause("cor"), now=self.service.clock.now()
            )

    def events(self) -> list[Event]:
        with self.service.database.read() as connection:
            return self.service.store.read(connection, START, 10**6)


class Transport(Protocol):
    """How an origin's events come to a follower."""

    origin: Origin

    def deliver(self) -> None:
        """Make what the origin has there to be had."""

    def source(
        self, stored: Positions, until: Positions | None = None, group: str | None = None
    ) -> Source: ...

    def go_away(self) -> None: ...

    def come_back(self) -> None: ...

    def close(self) -> None: ...


class Feed:
    """Over HTTP, from the web app that every service has."""

    def __init__(self, origin: Origin) -> None:
        self.origin, self._port = origin, free_port()
        self._app = create_app(origin.service)
        self._server: BaseWSGIServer | None = None
        self.come_back()

    def deliver(self) -> None:
        """The feed shows an event as soon as it is written."""

    def source(
        self, stored: Positions, until: Positions | None = None, group: str | None = None
    ) -> FeedSource:
        url, token = f"http://127.0.0.1:{self._port}", self.origin.service.settings.service_token
        return FeedSource(self.origin.name, url, token, stored, until)

    def go_away(self) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server = None

    def come_back(self) -> None:
        self._server = make_server("127.0.0.1", self._port, self._app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        if self._server is not None:
            self.go_away()


class Topics:
    """Over Kafka, by the relay that every service's worker has."""

    def __init__(self, origin: Origin, kafka: KafkaServer) -> None:
        self.origin, self._kafka = origin, kafka
        service, settings = origin.service, origin.service.settings.kafka
        assert settings is not None
        self.settings, self.names = settings, topics_of(origin.name)
        make_topics(settings, self.names)
        self.relay = Relay(service.name, service.database, service.store, service.types, settings)

    def deliver(self) -> None:
        while self.relay.step():
            pass

    def source(
        self, stored: Positions, until: Positions | None = None, group: str | None = None
    ) -> KafkaSource:
        group = None if until is not None else (group or uuid.uuid4().hex)
        return KafkaSource(self.settings, self.names, stored, until=until, group=group)

    def go_away(self) -> None:
        self._kafka.stop()

    def come_back(self) -> None:
        self._kafka.start()

    def close(self) -> None:
        self._kafka.start()
        self.relay.close()
        with KafkaAdminClient(bootstrap_servers=self._kafka.bootstrap) as admin:
            admin.delete_topics(self.names)


class Follower:
    """What one service keeps of an origin's boxes: each with the numbers put in, in their order.

    `poison` holds the (stream, number) that the projection cannot take for now.
    """

    def __init__(self, url: str, folder: Path) -> None:
        versions = folder / "follower_migrations"
        versions.mkdir()
        migrate(url, url, versions)
        self.database = Database(url)
        self.poison: set[tuple[str, int]] = set()
        self.projection = Projection(
            table="boxes",
            columns=("id", "version", "numbers"),
            types={"test.box.filled": 1, "test.lock.turned": 1},
            fold=self._fold,
            json=frozenset({"numbers"}),
        )
        with self.database.write() as connection:
            for generation in (1, 2):
                connection.exec_driver_sql(
                    f"CREATE TABLE boxes_{generation}"
                    " (id text PRIMARY KEY, version integer, numbers text)"
                )

    def consumer(self, source: Source) -> Consumer:
        return Consumer(self.database, CLOCK, source, [self.projection], [NOTICE])

    def positions(self) -> dict[str, str]:
        with self.database.read() as connection:
            return positions(connection, 1)

    def boxes(self) -> dict[str, list[int]]:
        rows = self._rows("SELECT id, numbers FROM boxes_1")
        return {box: msgspec.json.decode(numbers) for box, numbers in rows}

    def inbox(self) -> list[tuple[str, int]]:
        """(stream, version) of every event noted as applied."""
        return sorted(self._rows("SELECT stream_id, version FROM inbox"))

    def noticed(self) -> int:
        """How many reactions were written."""
        return int(self._rows("SELECT count(*) FROM reactions")[0][0])

    def parked(self) -> list[Parked]:
        with self.database.read() as connection:
            return parked(connection, 1)

    def forget_positions(self) -> None:
        with self.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM positions")

    def report(self) -> tuple[str, int | None, str | None]:
        """The consumer's transport, lag and error, as it last said."""
        return self._rows("SELECT transport, lag, error FROM consumer_reports")[0]

    def _rows(self, sql: str) -> list[Any]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def _fold(self, row: Row | None, event: Event) -> Row:
        number: int = msgspec.json.decode(event.data)["n"]
        if (event.stream, number) in self.poison:
            raise ValueError("this box cannot hold that")
        numbers = [*(row["numbers"] if row else []), number]
        return {"id": event.stream, "version": event.version, "numbers": numbers}


def _react(*_: object) -> None:
    raise AssertionError("consumers only write down what is to be done")


NOTICE = Reaction("notice", frozenset({"test.box.filled", "test.lock.turned"}), _react)


def full(boxes: Mapping[str, int] | Sequence[str], times: int = 1) -> dict[str, list[int]]:
    """What a follower has when each of these boxes was filled so many times."""
    counts = boxes if isinstance(boxes, Mapping) else dict.fromkeys(boxes, times)
    return {box: list(range(1, count + 1)) for box, count in counts.items()}
