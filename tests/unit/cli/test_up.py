"""`hedgerow up` as a whole, with small services in place of the real ones."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from hedgerow.opening import local_addresses

SERVICES = ("registry", "scheduling", "notifications", "discovery")
PARTS = ("web", *SERVICES)

SMALL_SERVICE = """
import http.server, json, os, pathlib, signal, sys

name, role = os.path.basename(os.path.dirname(__file__)), sys.argv[1]
port = int(os.environ[f"HEDGEROW_{name.upper()}_PORT"])

if role == "check":
    sys.exit(0)
if role == "migrate":
    if os.environ.get("REFUSING"):
        sys.exit(print("HEDGEROW_MAIL_FROM: missing") or 2)
    if os.environ.get("FAILING") == name:
        sys.exit(print("the database does not answer") or 1)
    sys.exit(0)

class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ready = self.path == "/health/ready"
        listing = b'{"items": [{"id": "com_1"}], "next": null}'
        self.send_response(200 if ready or self.path.startswith("/communities") else 404)
        self.end_headers()
        self.wfile.write(listing)

    def log_message(self, *args):
        pass

print("pid", os.getpid(), os.environ["HEDGEROW_LOG_FORMAT"])
if role == "web":
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Web) as server:
        server.serve_forever()
signal.pause()
"""


def free_port() -> int:
    with socket.socket() as trying:
        trying.bind(("127.0.0.1", 0))
        return int(trying.getsockname()[1])


class Up:
    """A running `hedgerow up`, and what it has written so far."""

    def __init__(self, place: Path, environ: dict[str, str], *arguments: str) -> None:
        self.place, self.environ = place, environ
        self.file = (place / f"written-{time.monotonic_ns()}").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hedgerow", "up", *arguments],
            cwd=place,
            env={**os.environ, **environ},
            stdout=self.file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def written(self) -> str:
        return Path(self.file.name).read_text()

    @property
    def children(self) -> dict[str, int]:
        """The process id that each child wrote last."""
        lines = [line.split("│ pid ") for line in self.written.splitlines() if "│ pid " in line]
        return {name.strip(): int(words.split()[0]) for name, words in lines}

    def until(self, condition, within=30.0):
        end = time.monotonic() + within
        while not condition():
            assert time.monotonic() < end, self.written
            assert self.process.poll() is None, self.written
            time.sleep(0.02)

    def until_ready(self):
        self.until(lambda: "Ready in" in self.written)
        return self

    def ended(self, within=30.0) -> int:
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            pytest.fail(self.written)

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.ended()


@pytest.fixture
def up(tmp_path):
    """Starts `hedgerow up` with small services; whatever still runs at the end is killed."""
    for name in PARTS:
        (tmp_path / "services" / name).mkdir(parents=True)
        (tmp_path / "services" / name / "__main__.py").write_text(SMALL_SERVICE)
    ports = {f"HEDGEROW_{name.upper()}_PORT": str(free_port()) for name in PARTS}
    started = []

    def start(*arguments: str, **environ: str) -> Up:
        started.append(Up(tmp_path, {**ports, **environ}, *arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        one.file.close()


def gone(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def test_it_starts_a_web_and_a_worker_of_each_service_and_says_where_they_are(up):
    running = up().until_ready()
    assert sorted(running.children) == sorted(
        ["web", *(f"{s} {r}" for s in SERVICES for r in ("web", "worker"))]
    )
    written = running.written
    front = f"http://127.0.0.1:{running.environ['HEDGEROW_WEB_PORT']}"
    assert written.index("Ready in") < written.index(front) < written.index("/docs")
    for name in SERVICES:
        address = f"http://127.0.0.1:{running.environ[f'HEDGEROW_{name.upper()}_PORT']}"
        assert f"{address}/docs" in running.written
        assert httpx.get(f"{address}/health/ready", trust_env=False).status_code == 200
    assert "/search?q=" in running.written


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_it_stops_every_process_says_so_and_ends_with_0(up, number):
    running = up().until_ready()
    children = running.children.values()
    began = time.monotonic()
    assert running.stop(number) == 0
    assert time.monotonic() - began < 10
    assert len(children) == 9
    assert all(gone(pid) for pid in children)
    assert "Stopped everything in" in running.written.splitlines()[-1]


def test_a_process_that_dies_is_started_again_and_it_is_said(up):
    running = up().until_ready()
    first = running.children["discovery web"]
    os.kill(first, signal.SIGKILL)
    running.until(lambda: running.children["discovery web"] != first)
    assert (
        "hedgerow             │ discovery web ended (by signal SIGKILL); "
        "it is started again in 0.5 s" in running.written
    )


def test_killed_itself_it_leaves_no_process_and_the_next_one_starts(up):
    running = up().until_ready()
    running.process.kill()
    running.process.wait()
    again = up().until_ready()
    assert all(gone(pid) for pid in running.children.values())
    assert again.stop() == 0


def test_a_second_one_on_the_same_data_is_refused_and_the_first_goes_on(up):
    first = up().until_ready()
    second = up()
    assert second.ended() == 1
    assert f"another `hedgerow up` (process {first.process.pid})" in second.written
    assert first.process.poll() is None


def test_a_port_that_is_taken_is_named_with_its_setting_and_nothing_starts(up):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = up(HEDGEROW_NOTIFICATIONS_PORT=str(port))
        assert refused.ended() == 1
    assert f"notifications cannot use port {port}" in refused.written
    assert "HEDGEROW_NOTIFICATIONS_PORT" in refused.written
    assert refused.children == {}


def test_settings_that_a_service_refuses_are_listed_once_and_nothing_starts(up):
    refused = up(REFUSING="1")
    assert refused.ended() == 2
    assert refused.written.count("HEDGEROW_MAIL_FROM: missing") == 1
    assert refused.children == {}


def test_a_migration_that_fails_is_told_and_nothing_starts(up):
    refused = up(FAILING="scheduling")
    assert refused.ended() == 1
    assert "scheduling migrate failed (exit code 1)" in refused.written
    assert "the database does not answer" in refused.written
    assert refused.children == {}


def test_it_makes_the_secrets_in_the_data_directory(up, tmp_path):
    up().until_ready().stop()
    for name in ("operator_token", "service_token", "secret"):
        assert (tmp_path / "var" / name).stat().st_mode & 0o777 == 0o600
        assert len((tmp_path / "var" / name).read_text()) > 16


def test_the_front_is_told_no_secret(up):
    running = up(HEDGEROW_SMTP_URL="smtp://user:word@127.0.0.1:2525").until_ready()
    for name, pid in running.children.items():
        told = Path(f"/proc/{pid}/environ").read_text()
        for secret in ("HEDGEROW_OPERATOR_TOKEN", "HEDGEROW_SERVICE_TOKEN", "HEDGEROW_SECRET"):
            assert (secret in told) == (name != "web")
        assert ("HEDGEROW_SMTP_URL" in told) == (name != "web")


def test_children_log_as_they_are_told_to(up):
    assert "registry web         │ pid" in up().until_ready().written
    running = up(
        HEDGEROW_LOG_FORMAT="json",
        HEDGEROW_DATA_DIR="other",
        **{f"HEDGEROW_{name.upper()}_PORT": str(free_port()) for name in PARTS},
    )
    running.until(lambda: "Ready in" in running.written)
    assert " json\n" in running.written
    assert "│" not in running.written


def test_addresses_are_those_that_answer_here():
    ports = dict.fromkeys(PARTS, 80)
    assert local_addresses("127.0.0.1", ports)["registry"] == "http://127.0.0.1:80"
    assert local_addresses("0.0.0.0", ports)["registry"] == "http://127.0.0.1:80"  # noqa: S104
    assert local_addresses("::", ports)["registry"] == "http://[::1]:80"
    assert local_addresses("10.0.0.7", ports)["discovery"] == "http://10.0.0.7:80"
