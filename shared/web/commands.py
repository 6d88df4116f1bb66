"""Carrying out a request that changes something: one transaction, one answer."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from flask import Response, g, request

from shared.connection import Connection
from shared.eventstore.events import (
    BY_LINK,
    BY_OPERATOR,
    BY_PERSON,
    BY_SERVICE,
    Cause,
    Conflict,
)
from shared.eventstore.streams import StaleVersion
from shared.eventstore.written import forget_written
from shared.http.freshness import POSITION, position_of_last
from shared.service import Service
from shared.web.callers import OPERATOR, PERSON, SERVICE, caller
from shared.web.context import service
from shared.web.errors import Problem
from shared.web.idempotency import Claim, LostRace, Stored, claim, first_answer, remember

_ATTEMPTS = 6
_VIA = {PERSON: BY_PERSON, OPERATOR: BY_OPERATOR, SERVICE: BY_SERVICE}
_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')


class Answer(NamedTuple):
    """What a command answers: `body` is JSON to be, `version` the stream's, shown as ETag."""

    body: Any
    status: int = 200
    version: int | None = None
    location: str | None = None


def cause() -> Cause:
    """The present request as the cause of events."""
    who = caller()
    via = _VIA.get(who.kind)
    if via is None and "signed" in (request.view_args or {}):
        via = BY_LINK
    return Cause(g.correlation_id, actor=who.actor, origin=who.origin, via=via)


def transact(
    service: Service, work: Callable[[Connection], Answer], *, retry: bool = True
) -> Response:
    """Do `work` in one transaction, honouring Idempotency-Key on POST.

    `work` loads all streams before it writes anything. Where another writer was first it is done
    anew in a new transaction, a few times at most, unless `retry` is False. A caller that named
    the version it means (If-Match) is then answered that it is stale.
    """
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    claimed = _claim(key) if key is not None else None
    attempts = _ATTEMPTS if retry else 1
    for attempt in range(1, attempts + 1):
        try:
            return _once(service, work, claimed)
        except (Conflict, LostRace):
            if attempt == attempts:
                raise
    raise AssertionError("unreachable")


def _once(
    service: Service, work: Callable[[Connection], Answer], claimed: Claim | None
) -> Response:
    forget_written()  # of an attempt before, which was undone
    with service.write() as connection:
        if claimed is not None and (before := first_answer(connection, claimed)) is not None:
            return _response(before, replayed=True)
        answer = work(connection)
        body = msgspec.json.encode(answer.body).decode()
        stored = Stored(answer.status, dict(_headers(service, answer)), body)
        if claimed is not None:
            remember(connection, claimed, stored, service.clock.now())
    return _response(stored)


def answered_before() -> Response | None:
    """The answer that this POST's Idempotency-Key was given already; None where it was not.

    For what must not be done again, and is done before the transaction: handing on a person.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    with service().database.read() as connection:
        stored = first_answer(connection, _claim(key))
    return _response(stored, replayed=True) if stored else None


def _claim(key: str) -> Claim:
    who = caller()
    return claim(
        f"{who.kind} {who.actor or ''}", key, request.method, request.full_path, request.get_data()
    )


def _headers(service: Service, answer: Answer) -> Mapping[str, str]:
    headers = {}
    if position := position_of_last(service):  # kept, for an answer that is given again
        headers[POSITION] = position
    if answer.version is not None:
        headers["ETag"] = etag(answer.version)
    if answer.location is not None:
        headers["Location"] = answer.location
    return headers


def _response(stored: Stored, *, replayed: bool = False) -> Response:
    response = Response(stored.body, stored.status, content_type="application/json")
    response.headers.extend(stored.headers)
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def etag(version: int) -> str:
    return f'"{version}"'


def expected_version(*, required: bool = False) -> int | None:
    """The version in If-Match; None where there is none, or where any will do (`*`).

    Raises Problem 428 where it is required and missing, 412 where it is no ETag of ours.
    """
    header = request.headers.get("If-Match")
    if header is None:
        if required:
            raise Problem(
                428,
                "Send the ETag of what you read as If-Match,"
                " so that nobody's change is overwritten unseen.",
            )
        return None
    if header.strip() == "*":
        return None
    # A proxy that compresses answers makes their tags weak.
    tag = _ETAG.fullmatch(header.strip())
    if tag is None:
        raise Problem(412, f"If-Match {header[:60]} is no ETag of this. Read it anew.")
    return int(tag[1])


def check_version(stream: str, version: int) -> None:
    """Raises StaleVersion where If-Match names another."""
    expected = expected_version()
    if expected is not None and expected != version:
        raise StaleVersion(f"{stream} is at version {version}, not {expected}")
