"""Pages for people without an account, who come by a signed link: nothing but HTML and one style.

Opening a page changes nothing, since mail scanners open links; only its buttons do. A service keeps
its templates in its folder `pages`; they extend `layout.html`, which is here.
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from flask import Response, request
from jinja2 import ChoiceLoader, Environment, PackageLoader

from shared.connection import Connection
from shared.web.bodies import Blueprint
from shared.web.commands import Answer, transact
from shared.web.context import service
from shared.web.errors import Problem
from shared.web.signer import BadLink, SignedLink, verify

_HERE = "shared.web"


def style_blueprint() -> Blueprint:
    """The call for the style, which every service with such pages serves itself."""
    blp = Blueprint("pages", "pages", description="Pages behind signed links")

    @blp.get("/pages/style.css")
    @blp.doc(summary="The style of the pages behind signed links")
    def style() -> Response:
        text = (files(_HERE) / "pages" / "style.css").read_text(encoding="utf-8")
        response = Response(text, content_type="text/css; charset=utf-8")
        response.headers["Cache-Control"] = "max-age=3600"
        return response

    return blp


@cache
def _templates(package: str) -> Environment:
    packages = dict.fromkeys((package, _HERE))
    loader = ChoiceLoader([PackageLoader(name, "pages") for name in packages])
    return Environment(loader=loader, autoescape=True)


def page(package: str, template: str, status: int = 200, **values: Any) -> Response:
    """A page made from a template of a service's package."""
    html = _templates(package).get_template(template).render(**values)
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def message(heading: str, text: str, status: int = 200) -> Response:
    return page(_HERE, "message.html", status, heading=heading, text=text)


class Unusable(Exception):
    """The link cannot be used; a kind page says why."""

    def __init__(self, heading: str, text: str, status: int) -> None:
        super().__init__(heading)
        self.page = message(heading, text, status)


def opened(purpose: str, signed: str) -> SignedLink:
    """Raises Unusable for a link that was altered, or has expired."""
    try:
        return verify(service().settings.secret, purpose, signed, service().clock.now())
    except BadLink as error:
        if "expired" in str(error):
            raise Unusable(
                "This link has expired",
                "Links are good for a time only. Ask whoever sent it to you for a new one.",
                410,
            ) from error
        raise Unusable(
            "This link does not work",
            "A part of it may have been lost on its way. Open it again from the message, or copy"
            " the whole of it.",
            404,
        ) from error


def address(path: str) -> str:
    """The address of a page of this service, as its readers reach it."""
    public = service().settings.public_url
    return f"{public}/{service().name}/{path}" if public else f"{request.host_url}{path}"


def done(work: Callable[[Connection], Any]) -> str | None:
    """Carry it out; what stood in the way, in words, or None."""

    def answered(connection: Connection) -> Answer:
        work(connection)
        return Answer({})

    try:
        transact(service(), answered)
    except Problem as problem:
        return problem.detail
    return None
