"""Costly requests: so many at once, and the others are told to come again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.web.errors import Problem
from shared.web.turns import Turns, in_turn


def refused(turns: Turns) -> bool:
    try:
        with turns.take():
            return False
    except Problem as problem:
        return problem.status == 503 and int(problem.headers["Retry-After"]) > 0


def test_two_at_once_and_a_third_is_told_to_come_again():
    turns = Turns()
    with turns.take():
        assert not refused(turns)
        with turns.take():
            assert refused(turns)
            assert refused(turns)
        assert not refused(turns)


def test_a_turn_is_given_back_when_the_work_fails():
    turns = Turns(1)

    @in_turn(turns)
    def view() -> None:
        raise ValueError("it failed")

    for _ in range(3):
        with pytest.raises(ValueError, match="it failed"):
            view()
    assert not refused(turns)


def test_some_may_wait_for_a_turn_and_others_are_refused_at_once():
    turns = Turns(1, waiting=1, seconds=5)
    with ThreadPoolExecutor(1) as pool:
        with turns.take():
            waiting = pool.submit(refused, turns)
            deadline = time.monotonic() + 5
            while turns._places.acquire(blocking=False):  # until the other one waits
                turns._places.release()
                assert time.monotonic() < deadline
                time.sleep(0.001)
            assert refused(turns)
            assert not waiting.done()
        assert not waiting.result(5)


def test_nobody_waits_for_longer_than_is_said():
    turns = Turns(1, waiting=1, seconds=0.05)
    with turns.take():
        assert refused(turns)
    assert not refused(turns)


def test_never_more_than_there_is_room_for():
    turns, lock = Turns(waiting=50, seconds=10), threading.Lock()
    now = most = 0

    @in_turn(turns)
    def view() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.002)
        with lock:
            now -= 1

    with ThreadPoolExecutor(20) as pool:
        for done in [pool.submit(view) for _ in range(40)]:
            done.result()
    assert most == 2
