"""Rendering pages, and moving on from a form to the next page."""

import secrets
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request
from jinja2 import ChainableUndefined, ChoiceLoader, PackageLoader
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from services.web.assets import asset
from services.web.cookies import visit

_ZONE = ZoneInfo("Europe/London")
_ELSEWHERE = (
    "sign_in.",
    "sign_in_with.",
    "assets.",
    "operations.",
)  # blueprints that nobody is led to


def configure(app: Flask) -> None:
    app.jinja_options = {
        "autoescape": True,  # in the macros too, whose files Flask would not take for HTML
        "undefined": ChainableUndefined,  # nhsuk-frontend-jinja's macros need it
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    app.jinja_loader = ChoiceLoader(
        [PackageLoader("services.web", "templates"), PackageLoader("nhsuk_frontend_jinja")]
    )
    app.jinja_env.globals.update(asset=asset, nonce=nonce, signed_in=signed_in)
    app.jinja_env.filters["moment"] = moment


def page(template: str, status: int = 200, **values: object) -> Response:
    """A page, which no cache keeps: what it shows is its reader's alone."""
    response = make_response(render_template(f"{template}.html", **values), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def message(
    heading: str, *texts: str, status: int, link: tuple[str, str] | None = None
) -> Response:
    """A page that says what is the case; `link` is where to go on, and its words."""
    return page("message", status, heading=heading, texts=texts, link=link)


def go(address: str) -> Response:
    """After a form: on to a page, which can be loaded again without doing anything again."""
    response = make_response(redirect(address, 303))
    response.headers["Cache-Control"] = "no-store"
    return response


def signed_in() -> bool:
    """Whether this browser has a session, which may have ended meanwhile."""
    return visit().secret is not None


def nonce() -> str:
    """What scripts of this very page carry."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def own_page(address: str | None) -> str | None:
    """The path of a page of this front that `address` names; None for everything else."""
    parts = urlsplit(address or "")
    if not parts.path.startswith("/") or address != parts.path or not parts.path.isprintable():
        return None
    if parts.path.startswith("//") or "\\" in parts.path:
        return None
    try:
        endpoint, _ = current_app.create_url_adapter(request).match(  # type: ignore[union-attr]
            parts.path, method="GET"
        )
    except (HTTPException, RequestRedirect):
        return None
    return None if endpoint.startswith(_ELSEWHERE) else parts.path


def moment(text: str) -> str:
    """An RFC 3339 time as people read it: 30 November 2026 at 4:51pm."""
    at = datetime.fromisoformat(text).astimezone(_ZONE)
    hour = at.hour % 12 or 12
    half = "am" if at.hour < 12 else "pm"
    return f"{at.day} {at:%B %Y} at {hour}:{at:%M}{half}"
