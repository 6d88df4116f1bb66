"""Small stand-ins for the services: the command line talks HTTP, and this is the other end."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from hedgerow.__main__ import hedgerow

SERVICES = ("registry", "scheduling", "notifications", "discovery")
TOKEN = "a-token-for-tests-alone"


class StandIn:
    """Answers what `routes` says for (method, path): (status, JSON), or a function giving that."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.routes: dict[tuple[str, str], Any] = {}
        self.asked: list[dict[str, Any]] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                parts = urlsplit(self.path)
                request = {
                    "method": self.command,
                    "path": parts.path,
                    "query": {k: v[0] for k, v in parse_qs(parts.query).items()},
                    "headers": dict(self.headers.items()),
                    "body": self.read_body(),
                }
                stand_in.asked.append(request)
                route = stand_in.routes.get((self.command, parts.path))
                status, answer = route(request) if callable(route) else route or (404, {})
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

            def read_body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[dict[str, StandIn]]:
    """A stand-in for each service; the settings lead the command line to them."""
    stand_ins = {name: StandIn(name) for name in SERVICES}
    monkeypatch.setenv("HEDGEROW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HEDGEROW_OPERATOR_TOKEN", TOKEN)
    for name, stand_in in stand_ins.items():
        monkeypatch.setenv(f"HEDGEROW_{name.upper()}_URL", stand_in.url)
    yield stand_ins
    for stand_in in stand_ins.values():
        stand_in.stop()


@pytest.fixture
def command() -> Callable[..., Result]:
    """Runs `hedgerow` with these arguments."""
    return lambda *arguments: CliRunner().invoke(hedgerow, list(arguments))


@pytest.fixture
def status() -> Callable[..., dict[str, Any]]:
    """An answer to GET /status of a service with which all is well, but for what is given."""

    def make(service: str, head: str = "1-20-9", **other: Any) -> dict[str, Any]:
        return {
            "service": service,
            "now": "2026-03-01T09:00:00Z",
            "head": head,
            "events": 9,
            "relay": None,
            "consumers": [],
            "dead_letters": 0,
            "pending": {"reactions": 0},
            "held_back": 0,
            "divergences": 0,
            **other,
        }

    return make


@pytest.fixture
def follower() -> Callable[..., dict[str, Any]]:
    """A consumer that is up to date with a source whose head is 1-20-9."""

    def make(source: str = "registry", **other: Any) -> dict[str, Any]:
        return {
            "source": source,
            "transport": "feed",
            "position": "1-20-9",
            "lag": 0,
            "looked_at": "2026-03-01T08:59:59Z",
            "error": None,
            **other,
        }

    return make
