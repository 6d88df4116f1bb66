"""What scheduling's calls have in common: running deciders, answering, and dry runs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from flask import Response, g, request

from services.scheduling import queries
from services.scheduling.domain.refusal import Refused
from services.scheduling.queries import Found
from shared.connection import Connection
from shared.eventstore.events import Event
from shared.eventstore.streams import Change, Decider, Loaded, StaleVersion
from shared.projection.projection import Projection
from shared.web.commands import Answer, cause, etag, expected_version, transact
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.forecasts import dry_run_asked, forecast
from shared.web.paging import MAX_LIMIT, Page, decode_cursor

WORDS = {
    "programmes": "programme",
    "cohorts": "cohort",
    "sessions": "session",
    "applications": "application",
}


def problem(refused: Refused, within: str = "") -> Problem:
    """409 where the present state does not allow it, else 422; `within` is where the field is."""
    field = ".".join(part for part in (within, refused.field) if part)
    errors = {field: [refused.reason]} if field else None
    return Problem(409 if refused.unlawful else 422, refused.reason, errors)


def decided(work: Callable[..., Any], *args: Any, within: str = "") -> Any:
    """What `work(*args)` gives. Raises Problem for a refusal."""
    try:
        return work(*args)
    except Refused as refused:
        raise problem(refused, within) from refused


def append(connection: Connection, changes: Iterable[Change]) -> list[Event]:
    """Append to all streams; a dry run sees what it would have told."""
    found = service().streams.append(connection, changes, cause=cause(), now=service().clock.now())
    g.told = [*g.get("told", ()), *found]
    return found


def handle(
    connection: Connection,
    decider: Decider[Any, Any, Any],
    stream: str,
    command: object,
    *,
    named: bool = True,
) -> Loaded[Any]:
    """Carry out one command on one stream; at the version in If-Match, if it is the `named` one."""
    loaded = service().streams.load(connection, decider, stream)
    if named:
        check_version(stream, loaded.version)
    events = decided(decider.decide, loaded.state, command)
    append(connection, [Change(stream, loaded.version, events)])
    state = loaded.state
    for event in events:
        state = decider.evolve(state, event)
    return Loaded(state, loaded.version + len(events))


def check_version(stream: str, version: int) -> None:
    """Raises StaleVersion where If-Match names another."""
    expected = expected_version()
    if expected is not None and expected != version:
        raise StaleVersion(f"{stream} is at version {version}, not {expected}")


def require(connection: Connection, projection: Projection, stream: str) -> Found:
    """Raises Problem 404 where there is no such thing."""
    found = queries.one(connection, projection, stream)
    if found is None:
        raise not_found(f"There is no {WORDS[projection.table]} {stream}.")
    return found


def json_response(body: Any, version: int | None = None, *, private: bool = False) -> Response:
    """The document, or 304 where the caller has it already."""
    response = Response(msgspec.json.encode(body), content_type="application/json")
    if version is not None:
        response.headers["ETag"] = etag(version)
        if request.if_none_match:
            response.make_conditional(request)
    if private:
        response.headers["Cache-Control"] = "no-store"
    return response


def page(order: tuple[str, ...]) -> Page:
    """The page asked for. Raises Problem 422."""
    text = request.args.get("limit", "50")
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 7 and int(text) > 0):
        raise invalid("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    cursor = request.args.get("cursor")
    after = decode_cursor(cursor, " ".join(order), len(order)) if cursor else None
    return Page(min(int(text), MAX_LIMIT), after)


def check_parameters(*known: str) -> None:
    """Raises Problem 422 for a query parameter that is none of these."""
    for name in request.args:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise invalid(name, f"is not a parameter here; these are: {listed}")


class DryRunDone(Exception):
    """Rolls a dry run back, with the events that it would have told."""

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__("a dry run is rolled back")
        self.events = events


def changing(work: Callable[[Connection], Answer], *, emails: bool = False) -> Response:
    """Do `work` in one transaction; where it `emails` and `dry_run=true`, only say how many."""
    if not emails:
        return transact(service(), work)
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
