"""The app factory: every service's web is made here, so that all of them behave alike."""

import re
import time
import uuid
from collections.abc import Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Response, g, request
from flask_smorest import Api

from shared.foundation.http_client import CORRELATION, correlate
from shared.foundation.masking import mask_path
from shared.foundation.time_limit import IN_REQUESTS, set_time_limit
from shared.http.authorisation import authorise
from shared.http.token_keys import RegistryKeys
from shared.service import Service
from shared.web import bodies, docs, errors, feed, operations, pages
from shared.web.admission import Admission
from shared.web.callers import ANYONE, identify, is_private, needs_a_token, unauthorised
from shared.web.errors import Problem
from shared.web.metrics import Metrics
from shared.web.parameters import check_parameters

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
# Asked every few seconds by machines: told only where something is wrong.
_QUIET = ("/health/", "/metrics", "/events", "/status")


class _App(Flask):
    def log_exception(self, exc_info: Any) -> None:
        """Where an error's own handling failed: Flask's line, without a signed link."""
        where = f"{mask_path(request.path)} [{request.method}]"
        self.logger.error(f"Exception on {where}", exc_info=exc_info)


def create_app(service: Service) -> Flask:
    app = _App(f"hedgerow.{service.name}", static_folder=None)
    app.config |= {
        "API_TITLE": f"Hedgerow {service.name}",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "OPENAPI_JSON_PATH": "openapi.json",
        "API_SPEC_OPTIONS": {"info": {"description": service.title}, **deepcopy(docs.SECURITY)},
    }
    bodies.configure(app)
    app.extensions["hedgerow_admission"] = Admission(app, service.settings)
    _every_request(app, service, Metrics(service))
    app.wsgi_app = _secured(app.wsgi_app)  # type: ignore[assignment,method-assign]
    api = Api(app)
    errors.register(app)  # after flask-smorest's own, which these take the place of
    app.register_error_handler(pages.Unusable, lambda unusable: unusable.page)
    docs.describe_problems(api)
    for blueprint in (
        *service.blueprints,
        feed.blueprint(service),
        operations.blueprint(service),
        docs.blueprint(service, api),
        pages.blueprint(),
    ):
        api.register_blueprint(blueprint)
    return app


def _every_request(app: Flask, service: Service, metrics: Metrics) -> None:
    app.extensions["hedgerow"] = service
    app.extensions["hedgerow_metrics"] = metrics
    keys = (
        service.token_keys(service)
        if service.token_keys is not None
        else RegistryKeys(service.settings.urls["registry"])
    )

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        set_time_limit(IN_REQUESTS)
        g.request_id = uuid.uuid4().hex
        asked = request.headers.get(CORRELATION, "")
        g.correlation_id = asked if _ID.fullmatch(asked) else g.request_id
        correlate(g.correlation_id)
        if "\0" in request.path or b"%00" in request.query_string:
            raise Problem(400, "The address holds the character U+0000; take it out.")
        view = app.view_functions.get(request.endpoint or "")
        g.caller = identify(service.settings, keys)
        if g.caller.kind == ANYONE and needs_a_token(view):
            raise unauthorised("This needs a token.")  # before a body is read
        authorise(service, g.caller)
        check_parameters()

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        set_time_limit(None)

    @app.after_request
    def finish(response: Response) -> Response:
        seconds = time.perf_counter() - g.started
        response.headers["X-Request-ID"] = g.request_id
        response.headers[CORRELATION] = g.correlation_id
        if is_private(app.view_functions.get(request.endpoint or "")):
            response.headers["Cache-Control"] = "no-store"
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


def _secured(app: "WSGIApplication") -> "WSGIApplication":
    """Adds the security headers that an answer does not set itself; here, it costs the least."""

    def secured(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            set_already = {name for name, _ in headers}
            added = [header for header in _SECURITY_HEADERS if header[0] not in set_already]
            return start_response(status, headers + added, *exc_info)

        return app(environ, start)

    return secured
