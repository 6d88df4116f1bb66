"""A row that several streams write: nothing that one consumer wrote is lost by another."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.connection import Connection
from shared.database import Database
from shared.projection.apply import apply_events
from shared.projection.inbox import Inbox
from tests.contract.gardens import NOW, PROJECTIONS, WATER, Planted, Watered, received
from tests.servers import await_that


def apply(connection: Connection, stream: str) -> None:
    events = [received(stream, 1, Planted(stream)), received(stream, 2, Watered(3))]
    assert apply_events(connection, Inbox(connection, 1, "garden"), PROJECTIONS, events, NOW)


def apply_by_itself(database: Database, stream: str) -> None:
    with database.write() as connection:
        apply(connection, stream)


def somebody_waits(database: Database) -> bool:
    with database.read() as connection:
        sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(connection.exec_driver_sql(sql).scalar_one())


@pytest.mark.postgres
def test_two_consumers_of_one_row_take_turns(postgres_database: Database):
    with ThreadPoolExecutor() as pool:
        with postgres_database.write() as first:
            apply(first, "plt_1")
            second = pool.submit(apply_by_itself, postgres_database, "plt_2")
            await_that(lambda: somebody_waits(postgres_database))
        second.result()
    with postgres_database.read() as connection:
        rows = connection.exec_driver_sql(f"SELECT litres FROM {WATER.table}_1")
    assert rows == [(6,)]
