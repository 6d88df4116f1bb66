"""Pages for people without an account, who come by a signed link: nothing but HTML and one style.

Opening a page changes nothing, since mail scanners open links; only its buttons do.
"""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from flask import Response
from jinja2 import Environment, PackageLoader

from services.scheduling.domain.session import Session
from services.scheduling.domain.wall_clock import When
from shared.connection import Connection
from shared.web.bodies import Blueprint
from shared.web.commands import Answer, transact
from shared.web.context import service
from shared.web.errors import Problem
from shared.web.signer import BadLink, SignedLink, verify

blp = Blueprint("pages", "pages", description="Pages behind signed links")
_templates = Environment(loader=PackageLoader("services.scheduling", "pages"), autoescape=True)


@blp.get("/pages/style.css")
@blp.doc(summary="The style of the pages behind signed links")
def style() -> Response:
    text = (files("services.scheduling") / "pages" / "style.css").read_text(encoding="utf-8")
    response = Response(text, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "max-age=3600"
    return response


def page(template: str, status: int = 200, **values: Any) -> Response:
    html = _templates.get_template(template).render(**values)
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def message(heading: str, text: str, status: int = 200) -> Response:
    return page("message.html", status, heading=heading, text=text)


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


def no_longer() -> Unusable:
    """For a link of, or about, somebody who was erased."""
    return Unusable(
        "This link no longer works",
        "What it was for has ended, and nothing is asked of you any more. If you think that this"
        " is a mistake, talk to the programme team.",
        410,
    )


def used_up() -> Unusable:
    return Unusable(
        "A newer link was sent",
        "This link is no longer used, because a newer one was sent. Please look for the latest"
        " message.",
        410,
    )


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


_HOW = {"in-person": "In person", "online": "Online", "hybrid": "In person or online"}


def how(session: Session) -> str:
    return _HOW[session.known.modality]


def name(session: Session) -> str:
    known = session.known
    return f"{known.kind.capitalize()} {known.number}" if known.number else known.title


def day(when: When) -> str:
    return f"{when.date:%A} {when.date.day} {when.date:%B %Y}"


def hours(when: When) -> str:
    return f"{when.start} to {when.end} ({when.zone})"
