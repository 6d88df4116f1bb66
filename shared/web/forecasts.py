"""How many people would be told: asked of notifications, with the events that would be.

For a `dry_run` of what emails people; nothing is changed by asking.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import httpx
import msgspec
from flask import Response, request

from shared.connection import Connection
from shared.eventstore.events import Event
from shared.eventstore.written import forget_written
from shared.foundation.http_client import bearer, shared_client
from shared.service import Service
from shared.stream.envelope import attributes
from shared.web.answers import json_response
from shared.web.commands import Answer, transact
from shared.web.errors import Problem, invalid

_PATIENCE = 2.0  # seconds


class Forecast(NamedTuple):
    """How many would be told; each kind of message as it would read, with how many people would get
    it; and those who would but cannot be reached."""

    counts: dict[str, Any]
    messages: Sequence[Mapping[str, Any]] = ()
    unreachable: Sequence[str] = ()


def forecast(service: Service, events: Sequence[Event]) -> dict[str, Any]:
    """`{"notifies", "now", "digest", "none"}`. Raises Problem 503 where nobody answers."""
    return _asked(service, events, texts=False).counts


def forecast_with_texts(service: Service, events: Sequence[Event]) -> Forecast:
    """Raises Problem 503 where nobody answers."""
    return _asked(service, events, texts=True)


def _asked(service: Service, events: Sequence[Event], *, texts: bool) -> Forecast:
    if not events:
        return Forecast({"notifies": 0, "now": 0, "digest": 0, "none": 0})
    envelopes = [
        attributes(event, service.name) | {"data": msgspec.Raw(event.data.encode())}
        for event in events
    ]
    try:
        answer = shared_client().post(
            f"{service.settings.urls['notifications']}/forecasts",
            content=msgspec.json.encode({"events": envelopes} | ({"texts": True} if texts else {})),
            headers=bearer(service.settings.service_token) | {"Content-Type": "application/json"},
            timeout=_PATIENCE,
        )
        answer.raise_for_status()
        body = answer.json()
        return Forecast(_counts(body), body.get("messages", ()), body.get("unreachable", ()))
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise Problem(
            503,
            "Notifications does not answer, so it is not known how many would be told. Nothing was"
            " changed; ask again in a moment.",
            headers={"Retry-After": "2"},
        ) from error


class WouldBe(NamedTuple):
    """What a change would bring about; `warnings` are those that it would answer with, if any."""

    events: Sequence[Event]
    warnings: Sequence[object] | None = None


class _RolledBack(Exception):
    """Ends a dry run's transaction, with what would have been."""

    def __init__(self, would_be: WouldBe) -> None:
        super().__init__("a dry run is rolled back")
        self.would_be = would_be


def _only_counts(service: Service, would_be: WouldBe) -> dict[str, Any]:
    """How many the events would have told, and the warnings."""
    warned = {} if would_be.warnings is None else {"warnings": would_be.warnings}
    return forecast(service, would_be.events) | warned


def only_forecast(
    service: Service,
    work: Callable[[Connection], WouldBe],
    tell: Callable[[WouldBe], dict[str, Any]] | None = None,
) -> Response:
    """Do `work` and undo it; answer how many its events would have told, and its warnings, or what
    `tell` says of them."""

    def rolled_back(connection: Connection) -> Answer:
        raise _RolledBack(work(connection))

    try:
        return transact(service, rolled_back)
    except _RolledBack as undone:
        forget_written()
        told = tell(undone.would_be) if tell else _only_counts(service, undone.would_be)
        return json_response(told)


def dry_run_asked() -> bool:
    """Whether the caller only wants to know how many. Raises Problem 422 for another word."""
    asked = request.args.get("dry_run", "false")
    if asked not in ("true", "false"):
        raise invalid("dry_run", "must be true or false")
    return asked == "true"


def _counts(body: dict[str, Any]) -> dict[str, Any]:
    counts = {name: int(body[name]) for name in ("now", "digest", "none")}
    return {"notifies": int(body.get("notifies", counts["now"] + counts["digest"])), **counts}
