"""What discovery's calls that change something have in common: appending, answering, dry runs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from flask import Response, g, request

from services.discovery.domain.refusal import Refused
from services.discovery.linking import Linking
from shared.connection import Connection
from shared.eventstore.events import Event
from shared.eventstore.streams import Change, StaleVersion
from shared.web.commands import Answer, cause, etag, expected_version, transact
from shared.web.context import service
from shared.web.errors import Problem, invalid
from shared.web.forecasts import dry_run_asked, forecast
from shared.web.paging import MAX_LIMIT, Page, decode_cursor


def decided(work: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """What `work(*args, **named)` gives.

    Raises Problem: 409 for a refusal by the present state, else 422.
    """
    try:
        return work(*args, **named)
    except Refused as refused:
        errors = {refused.field: [refused.reason]} if refused.field else None
        raise Problem(409 if refused.unlawful else 422, refused.reason, errors) from refused


def append(connection: Connection, changes: Iterable[Change]) -> list[Event]:
    """Append to all streams; a dry run sees what it would have told."""
    found = service().streams.append(connection, changes, cause=cause(), now=service().clock.now())
    g.told = [*g.get("told", ()), *found]
    return found


def linking(connection: Connection) -> Linking:
    return Linking(service(), connection, append)


def check_version(version: int) -> None:
    """Raises StaleVersion where If-Match names another."""
    expected = expected_version()
    if expected is not None and expected != version:
        raise StaleVersion(f"This is at version {version}, not {expected}.")


def json_response(body: Any, version: int | None = None, *, private: bool = False) -> Response:
    """The document, or 304 where the caller has it already."""
    response = Response(msgspec.json.encode(body), content_type="application/json")
    if version is not None:
        response.headers["ETag"] = etag(version)
        if not private:  # what is private may have been erased without a new version
            response.make_conditional(request)
    if private:
        response.headers["Cache-Control"] = "no-store"
    return response


def page(order: str) -> Page:
    """The page asked for. Raises Problem 422."""
    text = request.args.get("limit", "50")
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 7 and int(text) > 0):
        raise invalid("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    cursor = request.args.get("cursor")
    after = decode_cursor(cursor, order, len(order.split())) if cursor else None
    return Page(min(int(text), MAX_LIMIT), after)


def check_parameters(*known: str) -> None:
    """Raises Problem 422 for a query parameter that is none of these."""
    for name in request.args:
        if name not in known:
            these = f"these are: {', '.join(known)}" if known else "there are none"
            raise invalid(name, f"is not a parameter here; {these}")


class DryRunDone(Exception):
    """Rolls a dry run back, with the events that it would have told."""

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__("a dry run is rolled back")
        self.events = events


def changing(work: Callable[[Connection], Answer]) -> Response:
    """Do `work` in one transaction; with `dry_run=true` only say how many would be told of it."""
    check_parameters("dry_run")
    if not dry_run_asked():
        return transact(service(), work)

    def rolled_back(connection: Connection) -> Answer:
        g.told = []
        work(connection)
        raise DryRunDone(g.told)

    try:
        return transact(service(), rolled_back)
    except DryRunDone as done:
        return json_response(forecast(service(), done.events))
