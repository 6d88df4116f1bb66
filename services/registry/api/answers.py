"""What the registry's calls have in common: running a decider, and answering with the document."""

from typing import Any

import msgspec
from flask import Response, request

from services.registry import queries
from services.registry.domain.refusal import Refused
from shared.connection import Connection
from shared.eventstore.streams import Decider, Loaded
from shared.web.commands import Answer, cause, etag, expected_version
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.paging import MAX_LIMIT, Page, decode_cursor


def handle(
    connection: Connection, decider: Decider[Any, Any, Any], stream: str, command: object
) -> Loaded[Any]:
    """Carry out one command on one stream, at the version that If-Match names if it does.

    Raises Problem for a refusal: 409 where the present state does not allow it, else 422.
    """
    try:
        return service().streams.handle(
            connection,
            decider,
            stream,
            command,
            cause=cause(),
            now=service().clock.now(),
            expected=expected_version(),
        )
    except Refused as refused:
        raise problem(refused) from refused


def problem(refused: Refused) -> Problem:
    errors = {refused.field: [refused.reason]} if refused.field else None
    return Problem(409 if refused.unlawful else 422, refused.reason, errors)


def shown(connection: Connection, stem: str, stream: str, *, status: int = 200) -> Answer:
    """The document as it is within this transaction."""
    found = queries.document(connection, stem, stream)
    if found is None:
        raise not_found(f"There is no {_WORDS[stem]} {stream}.")
    location = f"/{stem}/{stream}" if status == 201 else None
    return Answer(msgspec.Raw(found.json.encode()), status, found.version, location)


def read(stem: str, stream: str) -> Response:
    """The document, or 304 where the caller has it already."""
    with service().database.read() as connection:
        found = queries.document(connection, stem, stream)
    if found is None:
        raise not_found(f"There is no {_WORDS[stem]} {stream}.")
    response = Response(found.json, content_type="application/json")
    response.headers["ETag"] = etag(found.version)
    if request.if_none_match:
        response.make_conditional(request)
    return response


def check_parameters(*known: str) -> None:
    """Raises Problem 422 for a query parameter that is none of these."""
    for name in request.args:
        if name not in known:
            these = f"these are: {', '.join(known)}" if known else "there are none"
            raise invalid(name, f"is not a parameter here; {these}")


def page(order: str) -> Page:
    """The page asked for. Raises Problem 422."""
    text = request.args.get("limit", "50")
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 7 and int(text) > 0):
        raise invalid("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    cursor = request.args.get("cursor")
    after = decode_cursor(cursor, order, 2) if cursor else None
    return Page(min(int(text), MAX_LIMIT), after)


_WORDS = {
    "communities": "community",
    "networks": "network",
    "organisations": "organisation",
    "people": "person",
}
