"""A rebuild from discovery's own and the registry's events gives the same rows, while it serves."""

import threading
from collections.abc import Sequence
from typing import Any

from services.discovery.projections.conveners import CONVENED
from services.discovery.projections.links import FEEDBACKS, LINKS
from services.discovery.projections.registry import DOCUMENTS
from shared.clock import Clock
from shared.eventstore.events import START, Cursor, Event
from shared.projection.consumer import Consumer
from shared.projection.generations import FOLLOWED, OWN, active
from shared.projection.positions import positions
from shared.projection.projection import Projection
from shared.projection.rebuild import Positions, rebuild_followed, rebuild_own
from shared.stream.source import Batch, Look
from tests.discovery import Discovery
from tests.registry import Registry

PURPOSE = {"purpose": "Meet"}


class FromRegistry:
    """The registry's events, read from its store in this process."""

    transport, sources, partition = "store", ("registry",), "registry/store"

    def __init__(
        self, registry: Registry, stored: Positions, until: Positions | None = None
    ) -> None:
        self._service, self._stored, self._until = registry.service, stored, until
        self._position: str | None = None
        self._known = False

    def poll(self, _seconds: float) -> list[Batch]:
        if not self._known:
            self._position, self._known = self._stored().get(self.partition), True
        after = Cursor.parse(self._position) if self._position else START
        with self._service.database.read() as connection:
            events: Sequence[Event] = self._service.store.read(connection, after, 200)
        if not events or (self._until and self._until().get(self.partition) == self._position):
            return []
        return [Batch("registry", self.partition, self._position, str(events[-1].cursor), events)]

    def moved(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            self._position = batch.after

    def reads(self, partition: str) -> bool:
        return partition == self.partition

    def reset(self) -> None:
        self._known = False

    def look(self) -> list[Look]:
        return []

    def close(self) -> None:
        pass


def rows(discovery: Discovery, group: str, *projections: Projection) -> list[list[tuple[Any, ...]]]:
    """All rows of the tables in use."""
    with discovery.service.database.read() as connection:
        n = active(connection, group)
        return [
            [
                tuple(row)
                for row in connection.exec_driver_sql(
                    f"SELECT {', '.join(p.columns)} FROM {p.table}_{n} ORDER BY 1"
                )
            ]
            for p in projections
        ]


def history(discovery: Discovery, registry: Registry, consume: Any) -> tuple[str, str]:
    """Links in every state, feedback given and taken back, a merger; two that are open."""
    ids = [registry.operator.community(name) for name in "ABCDEFGH"]
    person = registry.operator.person()
    today = {"person": person, "role": "convener", "from": "2020-01-01"}
    registry.operator.made(f"/communities/{ids[0]}/roles", **today)
    consume()
    a, b, c, d, e, f, g, h = ids
    operator = discovery.operator
    discovery.link(a, b)
    discovery.proposal(a, c)
    operator.done(f"/links/{discovery.proposal(a, d)}/refusal")
    operator.done(f"/links/{discovery.link(c, d)}/ending", outcome="realised")
    operator.done(f"/links/{discovery.proposal(e, f)}/ending")
    discovery.proposal(e, f)
    discovery.link(b, e)
    registry.operator.done(f"/communities/{e}/closure", ending="merged", into=[g])
    consume()
    for community, verdict in ((b, "not-useful"), (c, "useful"), (d, "not-useful")):
        at = f"/communities/{a}/related/{community}/feedback"
        assert operator.ask("PUT", at, json={"verdict": verdict}).status_code == 200
    assert operator.ask("DELETE", f"/communities/{a}/related/{d}/feedback").status_code == 200
    return g, h


def test_a_rebuild_gives_the_same_links_and_hidden_suggestions_while_it_serves(
    each_discovery: Discovery, registry: Registry
):
    discoverer, service = each_discovery, each_discovery.service

    def at() -> dict[str, str]:
        with service.database.read() as connection:
            return positions(connection, active(connection, FOLLOWED))

    consumer = Consumer(
        *(service.database, Clock(), FromRegistry(registry, at), service.followed),
        service.reactions,
    )

    def consume() -> None:
        while consumer.step(0) or discoverer.reacts():
            pass

    one, other = history(discoverer, registry, consume)
    own = rows(discoverer, OWN, LINKS, FEEDBACKS)
    followed = rows(discoverer, FOLLOWED, DOCUMENTS, CONVENED)
    events = discoverer.told()
    assert {row[LINKS.columns.index("state")] for row in own[0]} == {
        *("proposed", "accepted", "refused", "ended")
    }
    assert len(own[1]) == 2

    asked: list[int] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            asked.append(discoverer.anyone.get("/links").status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        rebuild_own(service.database, service.store, service.own, present=service.types.present)
        rebuild_followed(
            *(service.database, Clock(), service.followed),
            [lambda stored, until: FromRegistry(registry, stored, until)],
            reacts=service.reactions,
        )
    finally:
        over.set()
        asking.join()
    assert asked
    assert set(asked) == {200}
    assert rows(discoverer, OWN, LINKS, FEEDBACKS) == own
    assert rows(discoverer, FOLLOWED, DOCUMENTS, CONVENED) == followed
    assert discoverer.reacts() == 0
    assert discoverer.told() == events
    discoverer.link(one, other)
    assert len(rows(discoverer, OWN, LINKS)[0]) == len(own[0]) + 1


def test_a_rebuild_takes_what_is_linked_while_it_fills(discoverer: Discovery):
    service = discoverer.service
    first, *others = [discoverer.community(f"C{n}") for n in range(12)]
    for other in others[:4]:
        discoverer.link(first, other)
    waiting = iter(others[4:])

    def meanwhile(_done: int) -> None:
        discoverer.link(first, next(waiting))

    rebuild_own(
        *(service.database, service.store, service.own, meanwhile),
        present=service.types.present,
    )
    after = rows(discoverer, OWN, LINKS)
    assert len(after[0]) >= 5
    rebuild_own(service.database, service.store, service.own, present=service.types.present)
    assert rows(discoverer, OWN, LINKS) == after
