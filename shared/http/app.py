"""What every app of the platform does with a request, whatever it serves: ids, a line in the log,
metrics, security headers. The front's app, which has no store, is made of this too.
"""

import re
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Response, abort, g, request

from shared.foundation.http_client import CORRELATION, correlate
from shared.foundation.masking import mask_path
from shared.http.metrics import RequestMetrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()
Headers = Sequence[tuple[str, str]]
SECURITY_HEADERS: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
# Asked every few seconds by machines: logged only where something is wrong.
_QUIET = ("/health/", "/metrics", "/events", "/status")


class App(Flask):
    def log_exception(self, exc_info: Any) -> None:
        """Where an error's own handling failed: Flask's line, without a signed link."""
        where = f"{mask_path(request.path)} [{request.method}]"
        self.logger.error(f"Exception on {where}", exc_info=exc_info)


def begin_request() -> None:
    """To be called before anything else is done with a request; 400 for an address with U+0000."""
    g.started = time.perf_counter()
    g.request_id = uuid.uuid4().hex
    asked = request.headers.get(CORRELATION, "")
    g.correlation_id = asked if _ID.fullmatch(asked) else g.request_id
    correlate(g.correlation_id)
    if "\0" in request.path or b"%00" in request.query_string:
        abort(400, description="The address holds the character U+0000; take it out.")


def end_request(response: Response, metrics: RequestMetrics) -> Response:
    """To be called with each answer: says its ids, counts it and logs it."""
    seconds = time.perf_counter() - g.started
    response.headers["X-Request-ID"] = g.request_id
    response.headers[CORRELATION] = g.correlation_id
    method, path, status = request.method, request.path, response.status_code
    metrics.observe(method, request.url_rule, status, seconds)
    # Who has a signed link can act by it, whether a route took it or not.
    signed = "signed" in (request.view_args or {})
    path = str(request.url_rule) if signed else mask_path(path)
    if status >= 500 or not path.startswith(_QUIET):
        # No query string: what people search for is theirs.
        log.info(
            f"{method} {path}",
            status=status,
            ms=round(seconds * 1000, 1),
            correlation=g.correlation_id,
            **({} if g.correlation_id == g.request_id else {"request": g.request_id}),
        )
    return response


def secured(app: "WSGIApplication", headers: Headers) -> "WSGIApplication":
    """Adds the headers that an answer does not set itself; here, it costs the least."""

    def add_headers(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, own: list[tuple[str, str]], *exc_info: Any) -> Any:
            set_already = {name for name, _ in own}
            added = [header for header in headers if header[0] not in set_already]
            return start_response(status, own + added, *exc_info)

        return app(environ, start)

    return add_headers
