"""Receivers of webhooks, on free ports of this machine: what came, and what they answer."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass
class Receiver:
    """`answer` gives the status for the n-th request; `got` are headers and bodies, `paths` where
    they went.
    """

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answer: Callable[[int], int] = lambda _n: 204
    pause: float = 0.0
    location: str = ""
    retry_after: str = ""
    body: bytes = b""

    def verified(self, secret: str) -> list[Any]:
        """The bodies, each checked by the official library."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.got]


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.paths.append(self.path)
            receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            time.sleep(receiver.pause)
            self.send_response(receiver.answer(len(receiver.got)))
            if receiver.location:
                self.send_header("Location", receiver.location)
            if receiver.retry_after:
                self.send_header("Retry-After", receiver.retry_after)
            self.send_header("Content-Length", str(len(receiver.body)))
            self.end_headers()
            self.wfile.write(receiver.body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
