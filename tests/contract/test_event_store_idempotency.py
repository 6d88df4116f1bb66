"""A request's key is written after the append: before, it would spoil the order of events."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from flask import Flask, Response, g

from shared.clock import Clock
from shared.connection import Connection
from shared.database import Database
from shared.eventstore.events import START, Conflict, Event
from shared.eventstore.store import EventStore
from shared.projection.generations import OWN, hold
from shared.web.callers import OPERATOR, Caller
from shared.web.commands import Answer, transact
from shared.web.errors import Problem
from shared.web.idempotency import Claim, LostRace, Stored, remember
from tests.contract.gardens import NOW, Planted, Watered, append, settle

APP = Flask(__name__)


class Garden:
    """A service as far as commands need one."""

    def __init__(self, database: Database) -> None:
        self.database, self.store = database, EventStore(database.dialect)

    @contextmanager
    def write(self):
        with self.database.write() as connection:
            hold(connection, OWN)
            yield connection

    def post(self, work, key: str = "key", body: str = "{}") -> Response:
        service = SimpleNamespace(name="garden", write=self.write, clock=Clock())
        headers = {"Idempotency-Key": key}
        with APP.test_request_context("/plots", method="POST", headers=headers, data=body):
            g.caller, g.correlation_id = Caller(OPERATOR, None), "cor_1"
            return transact(service, work)

    def water(self, connection: Connection) -> Answer:
        version = len(self.store.load(connection, "plt_1"))
        append(self.store, connection, "plt_1", version, Watered(1))
        return Answer({"version": version + 1}, 201, version + 1, "/plots/plt_1")

    def events(self) -> list[Event]:
        settle(self.database)
        with self.database.read() as connection:
            return self.store.read(connection, START, 100)


@pytest.fixture
def garden(database: Database) -> Garden:
    return Garden(database)


def shown(response: Response) -> tuple:
    return response.status_code, response.json, response.headers["ETag"]


def test_a_request_sent_again_is_answered_as_it_first_was_and_does_nothing(garden: Garden):
    first = garden.post(garden.water)
    garden.post(garden.water, key="another key")
    again = garden.post(garden.water)
    assert shown(first) == shown(again) == (201, {"version": 1}, '"1"')
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(garden.events()) == 2


def test_another_request_under_the_same_key_is_refused(garden: Garden):
    garden.post(garden.water)
    with pytest.raises(Problem) as refused:
        garden.post(garden.water, body='{"litres": 5}')
    assert refused.value.status == 422
    assert len(garden.events()) == 1


def test_what_failed_was_not_done_and_may_be_asked_for_again(garden: Garden):
    def fail(connection: Connection) -> Answer:
        garden.water(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        garden.post(fail)
    assert garden.events() == []
    assert shown(garden.post(garden.water)) == (201, {"version": 1}, '"1"')


def test_the_same_request_twice_at_once_is_done_once(garden: Garden):
    start = threading.Barrier(4)

    def ask(_: int) -> int:
        start.wait(20)
        try:
            return garden.post(garden.water).status_code
        except Problem as problem:
            return problem.status

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert 201 in answers
    assert set(answers) <= {201, 409}
    assert len(garden.events()) == 1
    assert garden.post(garden.water).headers["Idempotency-Replayed"] == "true"


@pytest.mark.postgres
def test_a_request_that_is_still_worked_on_is_said_to_be(postgres_database: Database):
    garden, again = Garden(postgres_database), list[Problem]()

    def ask_again(connection: Connection) -> Answer:
        with pytest.raises(Problem) as refused:
            garden.post(garden.water)
        again.append(refused.value)
        return garden.water(connection)

    garden.post(ask_again)
    assert (again[0].status, again[0].headers) == (409, {"Retry-After": "1"})
    assert len(garden.events()) == 1


def test_a_key_is_written_once(database: Database):
    claim, answer = Claim("operator", "key", "a request"), Stored(200, {}, "")
    with database.write() as connection:
        remember(connection, claim, answer, NOW)
    with pytest.raises(LostRace), database.write() as connection:
        remember(connection, claim, answer, NOW)
    with database.write() as connection:  # another caller's key is another
        remember(connection, claim._replace(caller="service"), answer, NOW)


@pytest.mark.postgres
def test_a_key_is_looked_up_without_writing_anything_before_the_load(postgres_database: Database):
    garden, taken = Garden(postgres_database), []

    def look(connection: Connection) -> Answer:
        sql = "SELECT pg_current_xact_id_if_assigned()"
        taken.append(connection.exec_driver_sql(sql).scalar_one())
        return garden.water(connection)

    garden.post(look)
    assert taken == [None]


@pytest.mark.postgres
def test_a_key_written_first_is_a_conflict_where_it_would_sort_version_2_before_1(
    postgres_database: Database,
):
    garden = Garden(postgres_database)
    with garden.write() as early:
        remember(early, Claim("operator", "key", "a request"), Stored(200, {}, ""), NOW)
        with garden.write() as connection:
            (first,) = append(garden.store, connection, "plt_1", 0, Planted("By the gate"))
        with pytest.raises(Conflict):
            garden.water(early)
    with garden.write() as connection:
        garden.water(connection)
    assert [event.version for event in garden.events()] == [1, 2]
    assert garden.events()[0] == first


@pytest.mark.postgres
def test_a_conflict_is_tried_anew_with_its_key(postgres_database: Database):
    garden, rivals = Garden(postgres_database), iter(range(2))

    def race(connection: Connection) -> Answer:
        version = len(garden.store.load(connection, "plt_1"))
        if next(rivals, None) is not None:  # twice another one is first
            with garden.write() as rival:
                garden.water(rival)
        append(garden.store, connection, "plt_1", version, Watered(1))
        return Answer({"version": version + 1}, 201, version + 1)

    assert shown(garden.post(race)) == (201, {"version": 3}, '"3"')
    assert shown(garden.post(race)) == (201, {"version": 3}, '"3"')
    assert len(garden.events()) == 3
