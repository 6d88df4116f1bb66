"""Nothing that a request has the database do goes on for ever: it is stopped, and answered 503."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError

from shared.database import Database, is_stopped
from shared.foundation import time_limit
from shared.foundation.time_limit import TimeLimit, within_time_limit
from shared.web import app as web_app
from tests.registry import Registry

# A billion rows: minutes on either database.
ENDLESS = (
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)"
    " SELECT count(*) FROM n"
)
SHORT = TimeLimit(read=0.3, write=0.3)


def endless(database: Database) -> None:
    with database.read() as connection:
        connection.exec_driver_sql(ENDLESS)


def endless_within_a_write(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE event_store SET epoch = epoch + 1")
        connection.exec_driver_sql(ENDLESS)


@pytest.mark.parametrize("work", [endless, endless_within_a_write])
def test_a_transaction_that_takes_longer_than_the_limit_is_stopped_and_undone(
    each_registry: Registry, work: Callable[[Database], None]
):
    database = each_registry.service.database
    started = time.monotonic()
    for _ in range(7):  # a statement that comes again and again is prepared by the driver
        with pytest.raises(OperationalError) as caught, within_time_limit(SHORT):
            work(database)
        assert is_stopped(caught.value)
    assert time.monotonic() - started < 60
    with database.read() as connection:
        epoch = connection.exec_driver_sql("SELECT epoch FROM event_store").scalar_one()
    assert epoch == 1


def test_the_limit_ends_with_the_transaction(each_registry: Registry):
    database = each_registry.service.database
    for _ in range(20):
        with within_time_limit(TimeLimit(0.001, 0.001)), database.read():
            time.sleep(0.002)
    counted = ENDLESS.replace("1000000000", "3000000")  # longer than those limits
    with database.read() as connection:
        assert connection.exec_driver_sql(counted).scalar_one() == 3_000_000
    with database.write() as connection:
        assert connection.exec_driver_sql(counted).scalar_one() == 3_000_000


def test_a_request_that_takes_too_long_is_answered_503_and_the_next_one_as_ever(
    each_registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    """A view stands for any list: there is none whose own query takes so long."""
    registry, database = each_registry, each_registry.service.database
    monkeypatch.setattr(web_app, "IN_REQUESTS", SHORT)
    community = registry.operator.community()
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE communities_1 RENAME TO hidden")
        connection.exec_driver_sql(
            f"CREATE VIEW communities_1 AS SELECT * FROM hidden WHERE ({ENDLESS}) > 0"
        )
    answer = registry.anyone.get("/communities")
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert "stopped; nothing was changed" in answer.json["detail"]
    assert answer.headers["Retry-After"]
    with database.write() as connection:
        connection.exec_driver_sql("DROP VIEW communities_1")
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO communities_1")
    assert registry.anyone.get(f"/communities/{community}").status_code == 200


def test_there_is_no_limit_outside_requests(registry: Registry):
    registry.anyone.get("/communities")
    registry.anyone.get("/nowhere")
    registry.operator.send("/communities", b"{")
    assert time_limit.time_limit() is None
