"""Reactions: what an event asks this service to do, once."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec
import pytest
import structlog

from shared.connection import Connection
from shared.database import Database, mark
from shared.eventstore.events import Cause, Event
from shared.projection.reactions import Reaction, carry_out, pending, record
from tests.contract.gardens import NOW, KeyLent, Planted, Watered, received

BEANS = Planted("By the gate", ("beans",))
EVENTS = [received("plt_1", 1, BEANS), *(received("plt_1", n, Watered(n)) for n in (2, 3))]


def do_deed(connection: Connection, event: Event, cause: Cause, now: datetime) -> None:
    """What is done is told by a row each time: a second time would show."""
    deed = f"{event.id} for {cause.correlation} because of {cause.causation} at {now:%H:%M}"
    connection.exec_driver_sql(f"INSERT INTO deeds (deed) VALUES ({mark(connection)})", (deed,))


NOTICE = Reaction("notice", frozenset({"garden.plot.watered"}), do_deed)
WELCOME = Reaction("welcome", frozenset({"garden.plot.planted", "garden.key.lent"}), do_deed)


def recorded(database: Database, *reactions: Reaction, events: list[Event] = EVENTS) -> None:
    with database.write() as connection:
        record(connection, reactions, events, NOW)


def carried_out(database: Database, *reactions: Reaction, now: datetime = NOW) -> int:
    return carry_out(database, {reaction.name: reaction for reaction in reactions}, now)


def deeds(database: Database) -> list[str]:
    with database.read() as connection:
        found = connection.exec_driver_sql("SELECT deed FROM deeds ORDER BY number")
        return list(found.scalars())


def rows(database: Database) -> list[tuple]:
    with database.read() as connection:
        sql = "SELECT event_id, name, state, attempts, due, error FROM reactions ORDER BY 2, 1"
        return connection.exec_driver_sql(sql).all()


def test_an_events_origin_is_that_of_what_follows_from_it(database: Database):
    causes: list[Cause] = []
    follow = Reaction("follow", None, lambda _c, _e, cause, _n: causes.append(cause))
    recorded(database, follow, events=[EVENTS[0]._replace(origin="example"), EVENTS[1]])
    carried_out(database, follow)
    assert {(cause.causation, cause.origin) for cause in causes} == {
        ("plt_1@1", "example"),
        ("plt_1@2", None),
    }


def test_an_earlier_release_can_read_what_waits(database: Database):
    recorded(database, NOTICE)
    with database.read() as connection:
        payloads = connection.exec_driver_sql("SELECT payload FROM reactions").scalars().all()
    before = len(Event._fields) - 2  # without `origin` and `via`
    assert [len(msgspec.json.decode(payload)) for payload in payloads] == [before] * 2


def test_a_reaction_is_recorded_for_the_events_it_is_about_and_carried_out_once(
    database: Database,
):
    recorded(database, NOTICE, WELCOME)
    recorded(database, NOTICE, WELCOME)  # the same events again
    assert [row[:3] for row in rows(database)] == [
        ("plt_1@2", "notice", "pending"),
        ("plt_1@3", "notice", "pending"),
        ("plt_1@1", "welcome", "pending"),
    ]
    assert deeds(database) == []

    assert carried_out(database, NOTICE, WELCOME) == 3
    assert carried_out(database, NOTICE, WELCOME) == 0
    assert sorted(deeds(database)) == [
        "plt_1@1 for cor_1 because of plt_1@1 at 09:30",
        "plt_1@2 for cor_1 because of plt_1@2 at 09:30",
        "plt_1@3 for cor_1 because of plt_1@3 at 09:30",
    ]
    recorded(database, NOTICE, WELCOME)  # and again, after they were done
    assert carried_out(database, NOTICE, WELCOME) == 0


def test_a_clock_that_was_set_back_keeps_no_reaction_waiting(database: Database):
    recorded(database, NOTICE)
    assert carried_out(database, NOTICE, now=NOW - timedelta(hours=1)) == 2


def test_what_is_rolled_back_asks_for_nothing(database: Database):
    def fail() -> None:
        with database.write() as connection:
            record(connection, [NOTICE], EVENTS, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert rows(database) == []


def test_one_that_fails_undoes_what_it_did_and_is_tried_again_later(database: Database):
    broken = True

    def do_half(connection: Connection, event: Event, cause: Cause, now: datetime) -> None:
        do_deed(connection, event, cause, now)
        if broken and event.version == 2:
            raise ZeroDivisionError("in the middle")

    half = Reaction("notice", NOTICE.types, do_half)
    recorded(database, half)
    assert carried_out(database, half) == 1
    assert len(deeds(database)) == 1
    (failed, _) = rows(database)
    assert failed[:4] == ("plt_1@2", "notice", "pending", 1)
    assert failed[5] == "ZeroDivisionError: in the middle"

    broken = False
    assert carried_out(database, half, now=NOW + timedelta(seconds=1)) == 0  # not due yet
    assert carried_out(database, half, now=NOW + timedelta(seconds=2)) == 1
    assert len(deeds(database)) == 2
    assert [row[2] for row in rows(database)] == ["done", "done"]


def test_one_that_fails_again_and_again_waits_longer_and_longer_and_is_never_given_up(
    database: Database,
):
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    always = Reaction("notice", NOTICE.types, fail)
    recorded(database, always, events=EVENTS[:2])
    now, pauses = NOW, []
    with structlog.testing.capture_logs() as logged:
        for _ in range(14):
            assert carried_out(database, always, now=now) == 0
            due = datetime.fromisoformat(rows(database)[0][4])
            pauses.append(int((due - now).total_seconds()))
            now = due
    assert [(entry["reaction"], entry["event_id"]) for entry in logged] == [
        ("notice", "plt_1@2")
    ] * 14
    assert pauses[:6] == [2, 4, 8, 16, 32, 64]
    assert pauses[-2:] == [1800, 1800]
    assert carried_out(database, NOTICE, now=now) == 1


def test_one_that_the_code_no_longer_knows_keeps_none_of_the_others(database: Database):
    recorded(database, NOTICE, Reaction("gone", WELCOME.types, do_deed))
    assert carried_out(database, NOTICE) == 2
    assert [row[1] for row in rows(database) if row[2] == "pending"] == ["gone"]


def test_two_who_carry_out_at_once_do_each_thing_once(database: Database):
    lent = [received(f"key_{n}", 1, KeyLent("per_1")) for n in range(50)]
    recorded(database, WELCOME, events=lent)
    start = threading.Barrier(4)

    def carry(_: int) -> int:
        start.wait(20)
        return carried_out(database, WELCOME)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(carry, range(4))) == 50
    assert len(deeds(database)) == len(set(deeds(database))) == 50


DIE_IN_THE_MIDDLE = """
import os, signal, sys
from shared.database import Database
from shared.projection.reactions import carry_out
from tests.contract.test_reactions import NOTICE, NOW, Reaction, do_deed

def die(connection, event, cause, now):
    do_deed(connection, event, cause, now)
    if event.version == 3:
        os.kill(os.getpid(), signal.SIGKILL)

carry_out(Database(sys.argv[1]), {"notice": Reaction("notice", NOTICE.types, die)}, NOW)
"""


def test_a_process_that_dies_in_the_middle_leaves_it_to_the_next(database: Database):
    recorded(database, NOTICE)
    worker = [sys.executable, "-c", DIE_IN_THE_MIDDLE, database.url]
    died = subprocess.run(worker, timeout=60, check=False)
    assert died.returncode == -9
    assert [deed.split()[0] for deed in deeds(database)] == ["plt_1@2"]

    assert carried_out(database, NOTICE) == 1
    assert [deed.split()[0] for deed in deeds(database)] == ["plt_1@2", "plt_1@3"]


@pytest.mark.postgres
def test_nothing_is_written_before_a_reactions_own_loads(postgres_database: Database):
    taken = []

    def look(connection: Connection, *_: object) -> None:
        sql = "SELECT pg_current_xact_id_if_assigned()"
        taken.append(connection.exec_driver_sql(sql).scalar_one())

    recorded(postgres_database, Reaction("notice", NOTICE.types, look))
    assert carried_out(postgres_database, Reaction("notice", NOTICE.types, look)) == 2
    assert taken == [None, None]


def test_what_only_a_newer_release_can_do_waits_for_it(database: Database):
    """Somebody went back from it to this one."""
    recorded(database, NOTICE, WELCOME)
    assert carried_out(database, NOTICE) == 2
    assert carried_out(database, NOTICE) == carried_out(database) == 0
    with database.read() as connection:
        assert pending(connection, [NOTICE]) == pending(connection, []) == 0
        assert pending(connection, [NOTICE, WELCOME]) == 1
    assert carried_out(database, NOTICE, WELCOME) == 1
