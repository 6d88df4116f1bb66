import os
import signal
import subprocess
import sys
import time

import pytest

from hedgerow.supervisor import Backoff, Process, Supervisor, how

FOREVER = "import signal; print('here', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + FOREVER


def python(name, code, again="always"):
    return Process(name, [sys.executable, "-c", code], again)


class Watched:
    """A supervisor and what it was told: (name, line) of its processes, and its own words."""

    def __init__(self):
        self.lines, self.words = [], []
        self.supervisor = Supervisor(
            lambda name, line: self.lines.append((name, line)),
            self.words.append,
            lambda: Backoff(first=0.01, most=0.04),
        )

    def start(self, *processes):
        self.supervisor.start(processes, os.environ)

    def until(self, condition, within=20.0):
        end = time.monotonic() + within
        while not condition():
            assert time.monotonic() < end, (self.lines, self.words)
            self.supervisor.turn(0.05)


@pytest.fixture
def watched():
    watched = Watched()
    with watched.supervisor:
        yield watched


def gone(pid):
    """Whether a process has ended; one that nobody has waited for yet has."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def until(condition, within=20.0):
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_each_wait_is_twice_the_one_before_up_to_the_most():
    backoff = Backoff()
    assert [backoff.after(0.1) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_process_that_had_settled_is_started_again_soon():
    backoff = Backoff()
    waits = [backoff.after(lived) for lived in (1, 1, 29.9, 30, 1)]
    assert waits == [0.5, 1, 2, 0.5, 1]


def test_lines_arrive_whole_and_with_their_processs_name(watched):
    code = "import sys; print('one'); sys.stdout.write('tw'); sys.stdout.flush(); print('o\\nend')"
    watched.start(python("a web", code, "never"))
    watched.until(lambda: not watched.supervisor.running)
    watched.until(lambda: len(watched.lines) == 3)
    assert watched.lines == [("a web", "one"), ("a web", "two"), ("a web", "end")]


def test_what_goes_to_standard_error_is_heard_too(watched):
    code = "import sys; print('oh', file=sys.stderr); sys.stdout.write('no newline')"
    watched.start(python("a web", code, "never"))
    watched.until(lambda: len(watched.lines) == 2)
    assert sorted(watched.lines) == [("a web", "no newline"), ("a web", "oh")]


def test_a_line_without_end_is_passed_on_in_pieces(watched):
    code = "import sys; sys.stdout.write('x' * 1_000_000)"
    watched.start(python("a web", code, "never"))
    watched.until(lambda: sum(len(line) for _, line in watched.lines) == 1_000_000)
    assert len(watched.lines) > 1


def test_a_process_that_dies_is_started_again_and_it_is_said(watched):
    watched.start(python("a web", FOREVER))
    watched.until(lambda: watched.lines)
    first = watched.supervisor.running["a web"]
    os.kill(first, signal.SIGKILL)
    watched.until(lambda: len(watched.lines) == 2)
    assert watched.supervisor.running["a web"] != first
    assert watched.words == ["a web ended (by signal SIGKILL); it is started again in 0.01 s"]


def test_one_that_dies_at_once_is_started_again_later_each_time(watched):
    watched.start(python("a web", "raise SystemExit(3)"))
    watched.until(lambda: len(watched.words) == 4)
    assert [word.removeprefix("a web ended (exit code 3); it is ") for word in watched.words] == [
        f"started again in {wait} s" for wait in ("0.01", "0.02", "0.04", "0.04")
    ]


def test_the_others_live_on_while_one_is_started_again(watched):
    watched.start(python("a web", FOREVER), python("b web", "raise SystemExit(1)"))
    watched.until(lambda: watched.lines and len(watched.words) == 3)
    assert [name for name, _ in watched.lines] == ["a web"]


def test_a_step_that_is_to_run_once_is_left_when_it_has_ended(watched):
    watched.start(python("good", "", "never"), python("bad", "raise SystemExit(2)", "never"))
    watched.until(lambda: not watched.supervisor.running)
    assert (watched.supervisor.code("good"), watched.supervisor.code("bad")) == (0, 2)
    assert watched.words == []


def test_a_step_that_is_to_succeed_is_tried_until_it_does(watched, tmp_path):
    code = f"import os; p = {str(tmp_path / 'x')!r}; os.path.exists(p) or (os.mkdir(p), exit(1))"
    watched.start(python("topics", code, "when it failed"))
    watched.until(lambda: watched.supervisor.code("topics") == 0)
    assert len(watched.words) == 1


def test_a_command_that_cannot_be_run_is_tried_again_too(watched):
    watched.start(Process("a web", ["/no/such/program"]))
    watched.until(lambda: len(watched.words) == 2)
    assert watched.words[0].startswith("a web could not be started (No such file or directory)")


def test_stop_asks_every_process_to_end_and_none_is_started_again(watched):
    watched.start(python("a web", FOREVER), python("b web", FOREVER))
    watched.until(lambda: len(watched.lines) == 2)
    assert watched.supervisor.stop(within=20) == []
    assert watched.supervisor.running == {}
    assert watched.supervisor.code("a web") == watched.supervisor.code("b web") == -signal.SIGTERM
    assert watched.words == []


def test_stop_cancels_what_was_about_to_be_started_again(watched):
    watched.start(python("a web", "raise SystemExit(1)"))
    watched.until(lambda: watched.words)
    watched.supervisor.stop(within=20)
    watched.supervisor.turn(0.1)
    assert watched.supervisor.running == {}


def test_what_does_not_end_in_time_is_killed_and_named(watched):
    watched.start(python("a web", STUBBORN), python("b web", FOREVER))
    watched.until(lambda: len(watched.lines) == 2)
    assert watched.supervisor.stop(within=0.3) == ["a web"]
    assert watched.supervisor.code("a web") == -signal.SIGKILL


def test_a_second_wish_to_stop_does_not_wait(watched):
    watched.start(python("a web", STUBBORN))
    watched.until(lambda: watched.lines)
    began = time.monotonic()
    assert watched.supervisor.stop(within=60, hurry=lambda: True) == ["a web"]
    assert time.monotonic() - began < 10


def test_last_words_while_stopping_are_heard(watched):
    code = (
        "import signal; signal.signal(15, lambda *_: (print('bye', flush=True), exit(0)));"
        "print('here', flush=True)\nwhile True: signal.pause()"
    )
    watched.start(python("a web", code))
    watched.until(lambda: watched.lines)
    watched.supervisor.stop(within=20)
    assert watched.lines == [("a web", "here"), ("a web", "bye")]


def test_processes_are_out_of_reach_of_the_terminals_ctrl_c(watched):
    watched.start(python("a web", FOREVER))
    assert os.getpgid(watched.supervisor.running["a web"]) != os.getpgrp()


def test_at_the_end_not_even_what_a_process_forked_is_left():
    forking = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {STUBBORN!r}])"
    watched = Watched()
    with watched.supervisor:
        watched.start(python("a web", f"{forking}; print(p.pid, flush=True); p.wait()"))
        watched.until(lambda: len(watched.lines) == 2)
        forked = next(int(line) for _, line in watched.lines if line.isdecimal())
        watched.supervisor.stop(within=5)
        assert not gone(forked)
    until(lambda: gone(forked))


def test_when_the_supervisor_is_killed_its_processes_end_too():
    code = f"""
import os, sys
from hedgerow.supervisor import Process, Supervisor
here = []
with Supervisor(lambda name, line: here.append(line), print) as supervisor:
    supervisor.start([Process(n, [sys.executable, "-c", {STUBBORN!r}]) for n in "ab"], os.environ)
    while len(here) < 2:
        supervisor.turn()
    print(*supervisor.running.values(), flush=True)
    while True:
        supervisor.turn()
"""
    supervising = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert supervising.stdout is not None
    children = [int(pid) for pid in supervising.stdout.readline().split()]
    assert len(children) == 2
    assert not any(gone(pid) for pid in children)
    supervising.kill()
    supervising.wait()
    until(lambda: all(gone(pid) for pid in children))
    supervising.stdout.close()


def test_how_a_process_ended_is_said_in_words():
    assert (how(3), how(-9)) == ("exit code 3", "by signal SIGKILL")
