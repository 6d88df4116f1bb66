"""Appends by one and by eight writer processes, beside the library `eventsourcing`."""

from collections.abc import Iterator

from tests.bench import table
from tests.bench.crew import Crew, duel
from tests.bench.ground import Ground
from tests.bench.stores import hedgerow_writer, migrated, peer_recorder, peer_writer

_NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
_LEAST = {("postgresql", 8): 3.0, ("sqlite", 1): 1.2, ("sqlite", 8): 1.2}
_BOUNDS = {
    "postgresql": "four round trips a transaction; CPU, with the server on the same cores",
    "sqlite": "one fdatasync a commit, one writer at a time",
}


def appends(kind: str, ground: Ground) -> Iterator[table.Line]:
    """One event a transaction: the store's own append, and the peer's recorder."""
    url = ground.database(kind)
    migrated(url).close()
    peer_recorder(url)
    for writers in (1, 8):
        with Crew(writers, hedgerow_writer, url) as ours, Crew(writers, peer_writer, url) as peer:
            rate, peer_rate = duel(ours, peer)
        yield table.against(
            f"appends, {_NAMES[kind]}, {writers} writer{'s' if writers > 1 else ''}",
            rate,
            peer_rate,
            of="events",
            least=_LEAST.get((kind, writers)),
            bound=_BOUNDS[kind],
        )
