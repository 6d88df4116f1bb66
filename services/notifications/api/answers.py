"""What the calls of notifications have in common: parameters, JSON, pages for a browser."""

from typing import Any

import msgspec
from flask import Response, request

from services.notifications.rendering import said_moment
from shared.web.errors import invalid
from shared.web.pages import Pages
from shared.web.paging import MAX_LIMIT, Page, decode_cursor

page = Pages("services.notifications", {"moment": said_moment})


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
