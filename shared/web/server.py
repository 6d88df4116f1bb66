"""A service's web process."""

from flask import Flask

from shared import logs
from shared.http.server import Serving, serve
from shared.service import Service
from shared.web.app import create_app
from shared.web.feed import stop_waiting


def run_web(service: Service) -> None:
    """Serve until SIGTERM or SIGINT; requests in hand are finished.

    Followers that wait are sent away as soon as it stops. The last who closes a SQLite database
    leaves one file, whole.
    """
    settings = service.settings
    logs.configure(service.name, "web", form=settings.log_format, level=settings.log_level)

    def make_app() -> Flask:
        app = create_app(service)
        if service.start_web is not None:
            service.start_web(service, app)
        return app

    def close() -> None:
        service.database.close()

    serve(
        Serving(
            name=service.name,
            bind=settings.bind,
            port=settings.ports[service.name],
            threads=settings.web_threads,
            make_app=make_app,
            stopping=stop_waiting,
            close=close,
        )
    )
