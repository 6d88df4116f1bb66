"""The app factory: every service's web is made here, so that all of them behave alike."""

from copy import deepcopy

from flask import Flask, Response, g, request
from flask_smorest import Api

from shared.eventstore.written import forget_written
from shared.foundation.time_limit import IN_REQUESTS, set_time_limit
from shared.http.app import SECURITY_HEADERS, App, begin_request, end_request, secured
from shared.http.authorisation import authorise
from shared.http.freshness import asked_after, await_applied, tell_position
from shared.http.places import make_places
from shared.http.policies import anyone, policy
from shared.http.token_keys import RegistryKeys
from shared.http.verified_tokens import VerifiedTokens
from shared.service import Service
from shared.web import bodies, docs, errors, feed, operations, pages
from shared.web.admission import Admission
from shared.web.callers import ANYONE, identify, is_private, needs_a_token, unauthorised
from shared.web.metrics import Metrics
from shared.web.parameters import check_parameters

_HEADERS = (
    *SECURITY_HEADERS,
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
)

_DOCUMENT = "api-docs.openapi_json"  # flask-smorest's own view


def create_app(service: Service) -> Flask:
    app = App(f"hedgerow.{service.name}", static_folder=None)
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
    app.wsgi_app = secured(app.wsgi_app, _HEADERS)  # type: ignore[assignment,method-assign]
    make_places(app, service.settings.web_threads)
    api = Api(app)
    described = app.view_functions[_DOCUMENT]
    app.view_functions[_DOCUMENT] = policy(anyone)(described)
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
    tokens = VerifiedTokens(
        service.token_keys(service)
        if service.token_keys is not None
        else RegistryKeys(service.settings.urls["registry"])
    )

    @app.before_request
    def begin() -> None:
        begin_request()
        set_time_limit(IN_REQUESTS)
        view = app.view_functions.get(request.endpoint or "")
        g.caller = identify(service.settings, tokens)
        if g.caller.kind == ANYONE and needs_a_token(view):
            raise unauthorised("This needs a token.")  # before a body is read
        forget_written()
        await_applied(service, asked_after(), g.caller.kind)  # a role too may be on its way
        authorise(service, g.caller)
        check_parameters()

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        set_time_limit(None)

    @app.after_request
    def finish(response: Response) -> Response:
        if is_private(app.view_functions.get(request.endpoint or "")):
            response.headers["Cache-Control"] = "no-store"
        vary = response.headers.get("Vary")
        response.headers["Vary"] = f"{vary}, Authorization" if vary else "Authorization"
        tell_position(service, response)
        return end_request(response, metrics)
