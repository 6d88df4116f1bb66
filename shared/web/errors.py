"""Errors that people and programs can use: RFC 9457 problem details, all field errors at once."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
import structlog
from flask import Flask, Response, g, request
from gunicorn.http.errors import ParseException
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import ClientDisconnected, HTTPException, MethodNotAllowed

from shared.database import is_stopped, is_unavailable
from shared.eventstore.events import Conflict
from shared.eventstore.streams import StaleVersion
from shared.foundation.masking import mask_path

log = structlog.get_logger()
FieldErrors = Mapping[str, list[str]]


class Problem(Exception):
    """An answer that is a problem: `status`, a sentence, and what is wrong with each field."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: FieldErrors | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.errors, self.headers = errors or {}, headers or {}


def invalid(field: str, reason: str) -> Problem:
    """One field that cannot be taken as it is."""
    return Problem(422, f"{field}: {reason}", {field: [reason]})


def too_many(detail: str, until: datetime, now: datetime) -> Problem:
    """More than one may within a time; `until` is when the next may come."""
    seconds = max(1, int((until - now).total_seconds()) + 1)
    return Problem(429, detail, headers={"Retry-After": str(seconds)})


class Refusal(Protocol):
    """A domain's no: the field it is about, if one, and whether the present state forbids it."""

    reason: str
    field: str | None
    unlawful: bool


def refused(refusal: Refusal, within: str = "") -> Problem:
    """409 where the present state does not allow it, else 422; `within` is where the field is."""
    field = ".".join(part for part in (within, refusal.field) if part)
    errors = {field: [refusal.reason]} if field else None
    return Problem(409 if refusal.unlawful else 422, refusal.reason, errors)


def not_found(what: str) -> Problem:
    return Problem(404, what)


def register(app: Flask) -> None:
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(ClientDisconnected, _cut_off)
    app.register_error_handler(ParseException, _no_chunks)
    app.register_error_handler(StaleVersion, _stale)
    app.register_error_handler(Conflict, _conflict)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, _busy)
    app.register_error_handler(Exception, _unexpected)


def answer(
    status: int,
    detail: str,
    errors: FieldErrors | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem+json response."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "request_id": g.get("request_id"),
    }
    if errors:
        body["errors"] = errors
    response = Response(
        msgspec.json.encode(body), status=status, content_type="application/problem+json"
    )
    response.headers.extend(headers or {})
    return response


def _problem(problem: Problem) -> Response:
    return answer(problem.status, problem.detail, problem.errors, problem.headers)


def _stale(error: StaleVersion) -> Response:
    return answer(412, f"{error}. Read it anew, and send its new ETag as If-Match.")


def _cut_off(_error: ClientDisconnected) -> Response:
    return answer(408, "The body did not come in time, or not all of it. Send it again.")


def _no_chunks(error: ParseException) -> Response:
    return answer(400, f"The body's chunks cannot be read: {error}.")


def _conflict(_error: Conflict) -> Response:
    return answer(
        409,
        "Others were changing this at the same moment. Try again.",
        headers={"Retry-After": "1"},
    )


def _database(error: DBAPIError) -> Response:
    if is_stopped(error):
        return _stopped()
    if isinstance(error, DataError):  # what it is about ought to have been refused by its name
        log.exception("a value that the database does not take", request=g.get("request_id"))
        return answer(422, "The request holds a value that cannot be kept. Nothing was changed.")
    if not is_unavailable(error):
        return _unexpected(error)
    log.error("database unavailable", why=str(error.orig).strip()[:300])
    return _unavailable()


def _stopped() -> Response:
    log.error("stopped, as it took too long", path=mask_path(request.path))
    return answer(
        503,
        "This took longer than an answer may, and was stopped; nothing was changed. Ask for less at"
        " once, such as a smaller limit or one network, or try again later.",
        headers={"Retry-After": "10"},
    )


def _busy(error: PoolTimeout) -> Response:
    log.error("no database connection free", why=str(error)[:300])
    return _unavailable()


def _unavailable() -> Response:
    return answer(
        503,
        "The database cannot be used just now, and nothing was changed. Try again in a moment.",
        headers={"Retry-After": "2"},
    )


def _unexpected(_error: Exception) -> Response:
    log.exception("a request failed", path=mask_path(request.path), request=g.get("request_id"))
    return answer(
        500,
        "Something went wrong here, and nothing was changed."
        " Tell the operator the request's id, which is in this answer.",
    )


_WORDS = {
    401: "This needs a token: send it as `Authorization: Bearer TOKEN`.",
    404: "There is nothing at this address. /docs lists what there is.",
    405: "This address does not take that method.",
    413: "The body is larger than this service takes: 1 MB.",
    415: "Send JSON, with the header `Content-Type: application/json`.",
}


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect, which is no error
        return Response(error.get_body(), status, error.get_headers())
    messages = getattr(error, "data", None) or {}
    errors: dict[str, list[str]] = {}
    for found in (messages.get("messages") or {}).values():  # by where it was: json, query, …
        for field, said in flatten(found).items():
            errors[field] = [*errors.get(field, ()), *said]
    if errors:
        return answer(status, _summary(errors), errors)
    detail = _WORDS.get(status) or error.description or HTTPStatus(status).phrase
    allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
    return answer(status, detail, headers={"Allow": ", ".join(allowed)} if allowed else None)


def _summary(errors: FieldErrors) -> str:
    fields = ", ".join(name or "the body" for name in errors)
    count = "One thing needs" if len(errors) == 1 else f"{len(errors)} things need"
    return f"{count} mending before this can be done: {fields}. Nothing was changed."


def flatten(messages: Any, path: str = "") -> dict[str, list[str]]:
    """marshmallow's nested messages as {"topics.0": ["…"]}; of the body as a whole as {"": […]}."""
    if isinstance(messages, str):
        return {path: [messages]}
    if isinstance(messages, list):
        return {path: [str(message) for message in messages]}
    found: dict[str, list[str]] = {}
    for key, value in messages.items():
        step = "" if key == "_schema" else str(key)
        found |= flatten(value, ".".join(part for part in (path, step) if part))
    return found
