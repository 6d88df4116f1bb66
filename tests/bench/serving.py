"""One community by GET, beside a bare Flask hello under the same gunicorn."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from shared.settings import load_settings
from tests.bench import table
from tests.bench.crew import Crew, duel
from tests.bench.ground import Ground
from tests.bench.load import getter
from tests.bench.stores import WORDS
from tests.platform import ROOT, Platform
from tests.servers import await_that, free_port

_CONNECTIONS = 8
_LEAST = 0.5


def serving(ground: Ground) -> Iterator[table.Line]:
    """Both by one process with threads, in turns; the registry's database is SQLite."""
    with Platform(ground.room(), services=["registry"]) as platform, _hello() as port:
        body = {"name": "Falls prevention", "domain": WORDS}
        made = platform.client("registry").post("/communities", json=body)
        made.raise_for_status()
        registry = int(platform.urls["registry"].rpartition(":")[2])
        with (
            Crew(1, getter, registry, made.headers["Location"], _CONNECTIONS) as ours,
            Crew(1, getter, port, "/hello", _CONNECTIONS) as peer,
        ):
            rate, peer_rate = duel(ours, peer)
    yield table.against(
        "GET one community, gunicorn",
        rate,
        peer_rate,
        of="requests",
        least=_LEAST,
        bound="Python under one lock: Flask, ids, metrics and a log line each",
    )


@contextmanager
def _hello() -> Iterator[int]:
    """A bare Flask app under gunicorn, as the services' own is run; gives its port."""
    port = free_port()
    threads = load_settings({}, need_tokens=False).web_threads
    options = ["-k", "gthread", "-w", "1", "--threads", str(threads), "--keep-alive", "30"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{port}",
         "--log-level", "warning", "tests.bench.hello:app"],
        cwd=ROOT,
    )  # fmt: skip

    def answers() -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{port}/hello", trust_env=False).is_success
        return False

    try:
        await_that(answers)
        yield port
    finally:
        process.terminate()
        process.wait()
