"""What goes wrong in a worker is in its service's status until it goes right."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from hedgerow.caught_up import unwell
from shared.clock import rfc3339
from shared.service import Service
from shared.worker.loops import Loop, run_loops
from shared.worker.signs import Signs
from tests.registry import Registry
from tests.scheduling import Scheduling
from tests.servers import await_that


def status_of(registry: Registry | Scheduling) -> Any:
    answer = registry.operator.get("/status")
    assert answer.status_code == 200, answer.text
    return answer.json


def words_of(registry: Registry | Scheduling) -> list[str]:
    return [trouble["words"] for trouble in status_of(registry)["troubles"]]


class Running:
    """A loop that fails while `error` is there, of a worker with signs."""

    def __init__(self, service: Service, **loop: Any) -> None:
        self.error: Exception | None = None
        self._stop = threading.Event()
        signs = Signs(service.database, service.clock, "here")
        signs.begin()
        loops = [Loop("sender", self._step, 0.01, **loop), Loop("other", lambda: False, 0.01)]
        self._thread = threading.Thread(target=run_loops, args=(loops, self._stop, None, signs))

    def _step(self) -> bool:
        if self.error is not None:
            raise self.error
        return False

    def __enter__(self) -> "Running":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize(
    "error",
    [
        UnicodeEncodeError("ascii", "ä", 0, 1, "ordinal not in range(128)"),
        OperationalError("SELECT", {}, Exception("no such table: letters")),
        AssertionError(),
    ],
)
def test_a_loop_that_fails_is_in_the_status_until_it_does_a_round(
    each_registry: Registry, error: Exception, long: bool
):
    with Running(each_registry.service, long=long) as running:
        assert status_of(each_registry)["troubles"] == []
        running.error = error
        await_that(lambda: words_of(each_registry) != [], 10)
        (words,) = words_of(each_registry)
        assert words.startswith("the worker's loop sender fails: ")
        assert [w for w in unwell({"registry": status_of(each_registry)}) if "sender fails" in w]
        metrics = each_registry.anyone.get("/metrics").text
        assert 'hedgerow_troubles{what="loop: sender"} 1.0' in metrics
        running.error = None
        await_that(lambda: words_of(each_registry) == [], 20)


def test_failures_of_a_process_that_died_are_over_when_the_next_begins(registry: Registry):
    service = registry.service
    Signs(service.database, service.clock, "here").failed("sender", "ValueError: no")
    Signs(service.database, service.clock, "there").failed("relay", "ValueError: no")
    assert len(words_of(registry)) == 2
    Signs(service.database, service.clock, "here").begin()
    assert len(words_of(registry)) == 1


def test_a_worker_without_a_sign_of_life_is_missed(registry: Registry):
    service = registry.service
    Signs(service.database, service.clock, "here").alive()
    assert words_of(registry) == []
    old = rfc3339(service.clock.now() - timedelta(seconds=91))
    with service.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE worker_signs SET seen_at = '{old}'")
    assert words_of(registry) == [
        f"its worker has given no sign of life since {old}: its log says why"
    ]
    Signs(service.database, service.clock, "another").alive()  # one of several is enough
    assert words_of(registry) == []


def test_a_reaction_that_fails_and_a_failed_rebuild_are_told(scheduling: Scheduling):
    service = scheduling.service
    reaction = service.reactions[0].name
    with service.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO reactions (event_id, name, payload, state, attempts, due, error)"
            f" VALUES ('e', '{reaction}', '', 'pending', 3, '2026-01-01', 'KeyError: x')"
        )
        connection.exec_driver_sql(
            "INSERT INTO rebuilds (name, state, done, error, at)"
            " VALUES ('all', 'failed', 0, 'KeyError: y', '2026-01-01')"
        )
    assert words_of(scheduling) == [
        f"1 of the reaction {reaction} fail: KeyError: x",
        "its last rebuild failed: KeyError: y",
    ]
