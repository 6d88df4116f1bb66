"""However events come, often, out of order, in whatever batches, they are applied as they were."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.database import Database
from shared.eventstore.events import Event
from shared.migrations.migrate import migrate
from shared.projection.apply import apply_batches
from shared.projection.inbox import parked
from shared.stream.source import Batch
from tests.contract.gardens import (
    MIGRATIONS,
    NOW,
    PROJECTIONS,
    Cleared,
    Planted,
    Watered,
    folded,
    received,
    tables,
)

HISTORY = [
    received("plt_1", 1, Planted("One", ("beans",))),
    received("plt_1", 2, Watered(1)),
    received("plt_2", 1, Planted("Two", ("kale", "leeks"))),
    received("plt_1", 3, Watered(10)),
    received("plt_2", 2, Watered(100)),
    received("plt_2", 3, Cleared()),
    received("plt_1", 4, Cleared()),
    received("plt_2", 4, Planted("Two again", ("peas",))),
    received("plt_2", 5, Watered(1000 - 1)),
]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'garden.sqlite3'}"
    migrate(url, url, MIGRATIONS)
    found = Database(url)
    yield found
    found.close()


deliveries = st.lists(st.sampled_from(HISTORY), max_size=20).flatmap(
    lambda more: st.permutations([*HISTORY, *more])
)


def test_any_delivery_comes_to_the_same(database: Database):
    @settings(max_examples=150)
    @given(deliveries, st.lists(st.integers(1, 8), min_size=30, max_size=30))
    def holds(delivered: list[Event], sizes: list[int]) -> None:
        connection, start, applied = database.session(), 0, list[Event]()
        connection.begin("BEGIN")
        for number, size in enumerate(sizes):
            events, before = delivered[start : start + size], str(number) if number else None
            start += size
            batch = Batch("garden", "garden/0", before, str(number + 1), events)
            applied += apply_batches(connection, 1, PROJECTIONS, [batch], NOW)
        assert tables(connection, 1) == folded(HISTORY)
        assert parked(connection, 1) == []
        assert sorted(applied) == sorted(HISTORY)
        connection.close()  # which rolls back

    holds()
