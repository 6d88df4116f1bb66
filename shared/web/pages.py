"""Pages for people, without script: templates, one style, and those behind signed links.

Opening a page changes nothing, since mail scanners open links; only its buttons do.
"""

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from jinja2 import ChoiceLoader, Environment, PackageLoader

from shared import link_renewals
from shared.connection import Connection
from shared.erasure import erased_among
from shared.http.policies import anyone, policy
from shared.web.commands import Answer, transact
from shared.web.context import service
from shared.web.errors import Problem
from shared.web.signer import BadLink, ExpiredLink, SignedLink, verify

_SHARED = PackageLoader("shared.web", "templates")


class Pages:
    """The templates of a package's folder `pages`, which extend the layout that all share."""

    def __init__(
        self, package: str | None = None, filters: Mapping[str, Callable[..., str]] | None = None
    ) -> None:
        own = [PackageLoader(package, "pages")] if package else []
        self._templates = Environment(
            loader=ChoiceLoader([*own, _SHARED]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(filters or {})

    def __call__(self, template: str, status: int = 200, **values: Any) -> Response:
        """The page; `root` in it leads from the present address to the service's own root."""
        root = "../" * (request.path.count("/") - 1) or "./"
        html = self._templates.get_template(f"{template}.html").render(values, root=root)
        response = Response(html, status, content_type="text/html; charset=utf-8")
        response.headers["Cache-Control"] = "no-store"
        return response


_shared_pages = Pages()


def blueprint() -> Blueprint:
    blp = Blueprint("pages", "pages", description="What pages need")

    @blp.get("/pages/style.css")
    @blp.doc(summary="The style of every page")
    @policy(anyone)
    def style() -> Response:
        text = (files("shared.web") / "templates" / "style.css").read_text(encoding="utf-8")
        response = Response(text, content_type="text/css; charset=utf-8")
        response.headers["Cache-Control"] = "max-age=3600"
        return response

    return blp


def message(heading: str, text: str, status: int = 200) -> Response:
    return _shared_pages("message", status, heading=heading, text=text)


class Unusable(Exception):
    """A signed link that cannot be used; the application answers with a kind page that says why."""

    def __init__(self, heading: str, text: str, status: int) -> None:
        super().__init__(heading)
        self.page = message(heading, text, status)


def opened(purpose: str, signed: str) -> SignedLink:
    """Raises Unusable for a link that was altered, or has expired."""
    try:
        return verify(service().settings.secret, purpose, signed, service().clock.now())
    except ExpiredLink as error:
        raise Unusable(
            "This link has expired",
            "Links are good for a time only. Ask whoever sent it to you for a new one.",
            410,
        ) from error
    except BadLink as error:
        raise Unusable(
            "This link does not work",
            "A part of it may have been lost on its way. Open it again from the message, or copy"
            " the whole of it.",
            404,
        ) from error


def check_owner(
    link: SignedLink,
    purpose: str,
    person: str | None,
    *others: str | None,
    own: int = 1,
    exact: bool = False,
) -> None:
    """Raises Unusable where an owner has renewed the link, or one of the people was erased.

    `person` is who may renew it, `own` the generation that the link's kind has besides. A greater
    generation is of a renewal that is on its way here; with `exact` it is waited for.
    """
    people = [each for each in (person, *others) if each]
    with service().database.read() as connection:
        erased = erased_among(connection, service().name, people)
        renewals = link_renewals.of(connection, person) if person else link_renewals.NONE
    if erased:
        raise no_longer()
    present = link_renewals.generation(renewals, purpose, own)
    if link.generation < present or (exact and link.generation != present):
        raise used_up()


def no_longer() -> Unusable:
    """For a link of, or about, somebody who was erased."""
    return Unusable(
        "This link no longer works",
        "What it was for has ended, and nothing is asked of you any more. If you think that this"
        " is a mistake, talk to the people who run Hedgerow in your network.",
        410,
    )


def used_up() -> Unusable:
    return Unusable(
        "This link is no longer used",
        "A newer one was sent, or its owner has stopped it. Please look for the latest message, or"
        " ask whoever sent it to you for a new one.",
        410,
    )


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
