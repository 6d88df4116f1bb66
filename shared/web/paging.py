"""Lists a page at a time, by an opaque cursor: where the last item stood in the list's order.

A page never skips or repeats an item for others being added meanwhile.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
from flask import Response, request

from shared.web.errors import invalid
from shared.web.parameters import is_tracker, whole_number

MAX_LIMIT = 200
Key = str


class Page(NamedTuple):
    """`after` is the sort key of the last item of the page before; None at the beginning."""

    limit: int
    after: tuple[Key, ...] | None


def page_asked(order: str, length: int) -> Page:
    """The page of a list whose sort key has `length` parts. Raises Problem 422."""
    cursor = request.args.get("cursor")
    after = decode_cursor(cursor, order, length) if cursor else None
    return Page(whole_number("limit", 50, 1, MAX_LIMIT, capped=True), after)


def encode_cursor(order: str, key: Sequence[Key]) -> str:
    raw = msgspec.json.encode([order, *key])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(text: str, order: str, length: int) -> tuple[Key, ...]:
    """Raises Problem 422 where it is no cursor of a list in this order."""
    try:
        padded = text + "=" * (-len(text) % 4)
        found = msgspec.json.decode(
            base64.b64decode(padded, altchars=b"-_", validate=True), type=list[str]
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise invalid("cursor", "is none that this list gave") from error
    if len(found) != length + 1 or found[0] != order or "\0" in "".join(found):
        raise invalid("cursor", "belongs to a list in another order; begin again without it")
    return tuple(found[1:])


def place(text: Key) -> int:
    """A part of a cursor that is a row's number. Raises Problem 422."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise invalid("cursor", "is none that this list gave")
    return int(text)


def page_response(items: Sequence[Any], next_cursor: str | None) -> Response:
    """`{"items", "next"}`, and a Link header to the next page. Items may be msgspec.Raw."""
    response = Response(
        msgspec.json.encode({"items": items, "next": next_cursor}), content_type="application/json"
    )
    if next_cursor is not None:
        query = [
            (name, value)
            for name, value in request.args.items(multi=True)
            if name != "cursor" and not is_tracker(name)
        ]
        following = urlencode([*query, ("cursor", next_cursor)])
        response.headers["Link"] = f'<{quote(request.path)}?{following}>; rel="next"'
    return response
