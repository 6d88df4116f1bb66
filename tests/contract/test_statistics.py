"""What the databases know of their tables' sizes, by which they plan: kept up as tables grow."""

import pytest

from shared.database import Database
from shared.eventstore.store import EventStore
from shared.projection.rebuild import rebuild_own
from tests.contract.gardens import PLOTS, TYPES, Planted, append


def grow(database: Database, rows: int) -> None:
    with database.write() as connection:
        store = EventStore(database.dialect)
        for number in range(rows):
            stream = f"plt_{store.head(connection).position}_{number}"
            append(store, connection, stream, 0, Planted("A", ("b",), "c" * 500))


def rows_known(database: Database, table: str) -> int:
    """How many rows the database believes the table to have; 0 where it knows nothing of it."""
    with database.read() as connection:
        if database.dialect == "sqlite":
            sql = f"SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = '{table}'"
        else:
            sql = f"SELECT greatest(reltuples, 0)::int FROM pg_class WHERE relname = '{table}'"
        return int(connection.exec_driver_sql(sql).scalar_one() or 0)


def test_sqlite_learns_again_when_its_file_has_grown(sqlite_database: Database):
    grow(sqlite_database, 300)
    assert sqlite_database.keep_statistics()
    assert rows_known(sqlite_database, "events") == pytest.approx(300, rel=0.2)
    assert not sqlite_database.keep_statistics()
    grow(sqlite_database, 3000)
    assert sqlite_database.keep_statistics()
    assert rows_known(sqlite_database, "events") == pytest.approx(3300, rel=0.3)


def test_both_learn_after_a_growth_that_is_told(database: Database):
    grow(database, 300)
    assert database.keep_statistics(after_growth=True)
    assert rows_known(database, "events") == pytest.approx(300, rel=0.2)


def test_it_gives_way_to_one_who_writes(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch):
    grow(sqlite_database, 100)
    monkeypatch.setattr("shared.database._BUSY_SECONDS", 0.1)
    other = Database(sqlite_database.url)
    with sqlite_database.write():
        assert not other.keep_statistics()
    assert other.keep_statistics()
    other.close()


def test_tables_that_a_rebuild_filled_are_known_before_they_are_read(sqlite_database: Database):
    grow(sqlite_database, 300)
    assert rows_known(sqlite_database, "plots_2") == 0
    rebuild_own(sqlite_database, EventStore("sqlite"), [PLOTS], present=TYPES.present)
    assert rows_known(sqlite_database, "plots_2") == pytest.approx(300, rel=0.2)
