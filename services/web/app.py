"""The front, put together."""

from flask import Flask, Response, abort, g, request
from flask_wtf.csrf import CSRFProtect

from services.web import assets, errors, operations, pages
from services.web.account import api as account
from services.web.address import api as address
from services.web.admission import LARGEST, Admission
from services.web.calls import Calls
from services.web.cookies import Cookie
from services.web.first import api as first
from services.web.settings import FrontSettings
from services.web.sign_in import api as sign_in
from services.web.sign_in import provider
from shared import logs
from shared.foundation.http_client import correlate
from shared.http.app import SECURITY_HEADERS, App, begin_request, end_request, secured
from shared.http.metrics import RequestMetrics
from shared.http.server import Serving, serve


def run(settings: FrontSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    logs.configure("web", "web", form=settings.log_format, level=settings.log_level)
    serve(
        Serving(
            name="web",
            bind=settings.bind,
            port=settings.port,
            threads=settings.threads,
            make_app=lambda: create_app(settings),
        )
    )


def create_app(settings: FrontSettings) -> Flask:
    app = App("hedgerow.web", static_folder=None)
    app.config |= {
        "MAX_CONTENT_LENGTH": LARGEST,
        "IDENTITY_PROVIDER": settings.provider,
        # No secret: what forms carry is derived from the cookie, which is one; see cookies.py.
        "WTF_CSRF_SECRET_KEY": "forms",
        "WTF_CSRF_TIME_LIMIT": None,  # a form is good as long as the cookie that it is bound to
        "WTF_CSRF_SSL_STRICT": False,  # no page says where its reader comes from
    }
    app.session_interface = Cookie()
    app.extensions["hedgerow_calls"] = Calls(settings)
    app.extensions["hedgerow_admission"] = Admission(app)
    pages.configure(app)
    _every_request(app)
    CSRFProtect(app)
    errors.register(app)
    for blueprint in (
        assets.blp,
        operations.blp,
        first.blp,
        sign_in.blp,
        provider.blp,
        account.blp,
        address.blp,
    ):
        app.register_blueprint(blueprint)
    app.wsgi_app = secured(app.wsgi_app, SECURITY_HEADERS)  # type: ignore[assignment,method-assign]
    return app


def _every_request(app: Flask) -> None:
    metrics = app.extensions["hedgerow_metrics"] = RequestMetrics()

    @app.before_request
    def begin() -> None:
        begin_request()
        if "Transfer-Encoding" in request.headers:
            abort(411)  # no browser sends a form so, and the server has not awaited it

    @app.after_request
    def finish(response: Response) -> Response:
        scripts = f" script-src 'nonce-{g.nonce}';" if "nonce" in g else ""
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self';{scripts}"
            " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        if response.status_code == 429:
            response.headers["Retry-After"] = g.get("retry_after", "60")
        return end_request(response, metrics)

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        correlate(None)
