"""A worker's loops: through all trouble, ever more slowly, and never for good."""

import threading

from sqlalchemy.exc import OperationalError

from shared.stream.source import SourceUnavailable
from shared.worker.loops import Loop, run_loops
from tests.servers import await_that


class Stop:
    """Stands for the event that ends a loop; nobody waits, and each wait is noted."""

    def __init__(self, after: int) -> None:
        self.after, self.waited = after, list[float]()

    def is_set(self) -> bool:
        return len(self.waited) >= self.after

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)


class Steps:
    """Does in turn what it was told: raises, or says whether there was work; then rests."""

    def __init__(self, *outcomes: bool | Exception) -> None:
        self.outcomes = list(outcomes)
        self.taken = 0

    def __call__(self) -> bool:
        self.taken += 1
        outcome = self.outcomes.pop(0) if self.outcomes else False
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class FakeLease:
    def __init__(self, *held: bool | Exception) -> None:
        self.asked, self.released = Steps(*held), 0

    def held(self) -> bool:
        return self.asked()

    def release(self) -> None:
        self.released += 1


def run(steps: Steps, waits: int, **settings: object) -> list[float]:
    stop = Stop(waits)
    Loop("test", steps, 0.5, **settings).run(stop)  # type: ignore[arg-type]
    return stop.waited


def test_a_loop_rests_only_where_there_was_nothing_to_do():
    steps = Steps(True, True, False, True, False)
    assert run(steps, 2) == [0.5, 0.5]
    assert steps.taken == 5


def test_a_loop_waits_twice_as_long_after_each_failure_up_to_a_bound():
    pauses = run(Steps(*[SourceUnavailable("away")] * 9), 9)
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


def test_a_loop_begins_with_a_short_wait_again_once_a_step_went_well():
    away = SourceUnavailable("away")
    assert run(Steps(away, away, True, away, False, away), 5) == [0.1, 0.2, 0.1, 0.5, 0.1]


def test_a_defect_is_told_and_tried_again():
    told: list[str] = []
    run(Steps(ZeroDivisionError("a defect"), True), 2, on_error=told.append)
    assert told == ["ZeroDivisionError: a defect"]


def test_trouble_from_outside_is_told_in_its_own_words():
    told: list[str] = []
    steps = Steps(
        SourceUnavailable("registry: away"), OperationalError("SQL", {}, Exception("disk\nfull"))
    )
    run(steps, 3, on_error=told.append)
    assert told == ["registry: away", "disk\nfull"]


def test_one_that_cannot_even_tell_goes_on():
    for trouble in (OperationalError("SQL", {}, Exception("gone")), ZeroDivisionError()):

        def fail(_why: str, trouble: Exception = trouble) -> None:
            raise trouble

        steps = Steps(SourceUnavailable("away"), SourceUnavailable("away"), True, False)
        assert run(steps, 3, on_error=fail) == [0.1, 0.2, 0.5]
        assert steps.taken == 4


def test_without_its_lease_a_loop_does_nothing_and_asks_again():
    lease, steps = FakeLease(False, False, True, True, False), Steps(True, True, True)
    assert run(steps, 3, lease=lease) == [0.5, 0.5, 0.5]
    assert steps.taken == 2
    assert lease.released == 1


def test_one_that_cannot_ask_for_its_lease_waits_as_after_any_failure():
    lease = FakeLease(*[OperationalError("SQL", {}, Exception("gone"))] * 3)
    steps = Steps()
    assert run(steps, 3, lease=lease) == [0.1, 0.2, 0.4]
    assert steps.taken == 0


def test_loops_run_at_once_until_they_are_stopped():
    stop, turns = threading.Event(), {"one": 0, "other": 0}

    def step(name: str) -> bool:
        turns[name] += 1
        return False

    loops = [Loop(name, lambda name=name: step(name), 0.001) for name in turns]
    running = threading.Thread(target=run_loops, args=(loops, stop))
    running.start()
    await_that(lambda: min(turns.values()) > 3)
    stop.set()
    running.join(10)
    assert not running.is_alive()
    before = dict(turns)
    assert turns == before
