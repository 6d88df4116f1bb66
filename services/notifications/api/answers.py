"""What the calls of notifications have in common: parameters, JSON, pages for a browser."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from flask import Response, request
from jinja2 import Environment, FileSystemLoader, select_autoescape

from services.notifications.rendering import said_moment
from shared.web.errors import invalid
from shared.web.paging import MAX_LIMIT, Page, decode_cursor

_PAGES = Path(__file__).parents[1] / "pages"


def check_parameters(*known: str) -> None:
    """Raises Problem 422 for a query parameter that is none of these."""
    for name in request.args:
        if name not in known:
            raise invalid(name, f"is not a parameter here; these are: {', '.join(known)}")


def page_asked(order: str) -> Page:
    """The page asked for. Raises Problem 422."""
    text = request.args.get("limit", "50")
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 7 and int(text) > 0):
        raise invalid("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    cursor = request.args.get("cursor")
    return Page(min(int(text), MAX_LIMIT), decode_cursor(cursor, order, 2) if cursor else None)


def json(body: Any, status: int = 200) -> Response:
    response = Response(msgspec.json.encode(body), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def wants_page() -> bool:
    """Whether a browser asks, rather than a program."""
    best = request.accept_mimetypes.best_match(["application/json", "text/html"])
    return best == "text/html" and "text/html" in request.headers.get("Accept", "")


def page(name: str, status: int = 200, **context: Any) -> Response:
    text = _environment().get_template(f"{name}.html").render(context)
    response = Response(text, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def style() -> Response:
    """The pages' own style sheet."""
    return Response((_PAGES / "style.css").read_text(), content_type="text/css; charset=utf-8")


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["moment"] = said_moment
    return found
