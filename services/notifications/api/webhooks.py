"""Webhooks: other programmes are told of events as they happen."""

import base64
import secrets
from functools import cache
from typing import Any

import msgspec
from flask import Response

from services.notifications.api.schemas import ReplayBody, WebhookBody, WebhookChangeBody
from services.notifications.domain.patterns import is_pattern, matches
from services.notifications.domain.targets import Refused
from services.notifications.webhooks import queueing, store
from services.notifications.webhooks.address import encode_address
from services.notifications.webhooks.delivering import deliver
from services.notifications.webhooks.store import Queued, Webhook
from services.notifications.webhooks.transport import checked_addresses
from shared.clock import rfc3339
from shared.connection import Connection
from shared.contracts import schemas
from shared.eventstore.events import parse_feed_cursor
from shared.http.policies import operator, policy
from shared.identifiers import new_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.commands import Answer, check_version, expected_version, transact
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.paging import encode_cursor, page_asked, page_response, place
from shared.web.parameters import PAGE, takes

blp = Blueprint("webhooks", "webhooks", description="Events sent to other programmes")
_PREFIX = "whsec_"
_TEST = "hedgerow.webhook.test"


@blp.post("/webhooks")
@blp.doc(summary="Subscribe an endpoint; its secret is shown this once")
@policy(operator)
@blp.arguments(WebhookBody)
@blp.alt_response(201, description="The webhook, with its secret")
def subscribe(body: dict[str, Any]) -> Response:
    body = _checked(body)

    def work(connection: Connection) -> Answer:
        made = Webhook(
            id=new_id("whk"),
            version=1,
            url=body["url"],
            types=list(body["types"]),
            description=body["description"],
            internal=int(body["internal"]),
            state=store.ACTIVE,
            reason="",
            secret=_new_secret(),
            former_secret=None,
            former_until=None,
            failing_since=None,
            pause_until=None,
            failures=0,
            created_at=rfc3339(service().clock.now()),
        )
        store.put(connection, made)
        shown = _shown(made) | {"secret": made.secret}
        return Answer(shown, 201, made.version, f"/webhooks/{made.id}")

    return transact(service(), work)


@blp.get("/webhooks")
@blp.doc(summary="Every subscription, without secrets")
@takes(PAGE)
@policy(operator)
def list_all() -> Response:
    with service().database.read() as connection:
        return page_response([_shown(found) for found in store.all_of(connection)], None)


@blp.get("/webhooks/<webhook>")
@blp.doc(summary="One subscription, and how it stands")
@policy(operator)
def get_one(webhook: str) -> Response:
    with service().database.read() as connection:
        found = _found(connection, webhook)
    return json_response(_shown(found), version=found.version, private=True)


@blp.patch("/webhooks/<webhook>")
@blp.doc(summary="Change a subscription; `state: active` begins again with one that was disabled")
@policy(operator)
@blp.arguments(WebhookChangeBody)
def change(body: dict[str, Any], webhook: str) -> Response:
    expected_version(required=True)
    body = _checked(body)

    def work(connection: Connection) -> Answer:
        found = _found(connection, webhook)
        check_version(webhook, found.version)
        changes = body | ({"types": list(body["types"])} if "types" in body else {})
        changed = found._replace(version=found.version + 1, **changes)
        if body.get("state") == store.ACTIVE:
            changed = changed._replace(reason="", failing_since=None, pause_until=None, failures=0)
        elif body.get("state") == store.DISABLED:
            changed = changed._replace(reason="disabled by hand")
        store.put(connection, changed)
        return Answer(_shown(changed), 200, changed.version)

    return transact(service(), work)


@blp.delete("/webhooks/<webhook>")
@blp.doc(summary="End a subscription")
@policy(operator)
@blp.alt_response(204, description="It is gone, and what it was still to get with it")
def delete(webhook: str) -> Response:
    with service().database.write() as connection:
        _found(connection, webhook)
        store.delete(connection, webhook)
    return Response(status=204)


@blp.post("/webhooks/<webhook>/test")
@blp.doc(summary="Send a test event now, and answer what came of it")
@policy(operator)
def test(webhook: str) -> Response:
    with service().database.read() as connection:
        found = _found(connection, webhook)
    now = service().clock.now()
    message = f"msg_{new_id('tst')}"
    body = {
        "specversion": "1.0",
        "id": message,
        "source": "/notifications",
        "type": _TEST,
        "subject": webhook,
        "time": rfc3339(now),
        "datacontenttype": "application/json",
        "data": {"webhook": webhook},
    }
    text = msgspec.json.encode(body).decode()
    queued = Queued(0, webhook, message, _TEST, text, rfc3339(now), 0)
    attempt = deliver(service(), found, queued, now)
    with service().database.write() as connection:
        store.log_attempt(connection, webhook, queued, attempt, now)
    return json_response({"message": message, **attempt._asdict()}, private=True)


@blp.post("/webhooks/<webhook>/replay")
@blp.doc(summary="Send a service's events again, from a cursor of its feed on")
@policy(operator)
@blp.arguments(ReplayBody)
def replay(body: dict[str, Any], webhook: str) -> Response:
    if body["after"]:
        try:
            parse_feed_cursor(body["after"], body["service"])
        except ValueError as error:
            raise invalid("after", str(error)) from error

    def work(connection: Connection) -> Answer:
        found = _found(connection, webhook)
        if found.state != store.ACTIVE:
            raise Problem(409, "This webhook is disabled. Make it active first.")
        queueing.begin_replay(connection, webhook, body["service"], body["after"])
        return Answer({"webhook": webhook, "state": "replaying", **body}, 202)

    return transact(service(), work)


@blp.post("/webhooks/<webhook>/rotation")
@blp.doc(summary="A new secret, shown this once; the old one signs too for a day")
@policy(operator)
def rotate(webhook: str) -> Response:
    def work(connection: Connection) -> Answer:
        found = _found(connection, webhook)
        until = service().clock.now() + store.FORMER_FOR
        changed = found._replace(
            version=found.version + 1,
            secret=_new_secret(),
            former_secret=found.secret,
            former_until=rfc3339(until),
        )
        store.put(connection, changed)
        return Answer(_shown(changed) | {"secret": changed.secret}, 200, changed.version)

    return transact(service(), work)


@blp.get("/webhooks/<webhook>/deliveries")
@blp.doc(summary="Each attempt, the newest first: status, time taken, the answer's beginning")
@takes(PAGE)
@policy(operator)
def deliveries(webhook: str) -> Response:
    limit, after = page_asked("attempts", 1)
    before = place(after[0]) if after else 2**62
    with service().database.read() as connection:
        _found(connection, webhook)
        rows = store.attempts(connection, webhook, before, limit + 1)
    names = ("message", "type", "subject", "attempt", "at", "status", "ms", "answer", "outcome")
    items = [dict(zip(names, row[1:], strict=True)) for row in rows[:limit]]
    more = len(rows) > limit
    following = encode_cursor("attempts", (str(rows[limit - 1][0]),)) if more else None
    return page_response(items, following)


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its address encoded.

    Raises Problem 422 for an address that is not written to, or a type that is none.
    """
    if "types" in body:
        if not body["types"]:
            raise invalid("types", "must name at least one; * stands for all")
        for pattern in body["types"]:
            if not is_pattern(pattern):
                raise invalid("types", f"{pattern!r} is no type or pattern: registry.community.*")
            if not any(matches(name, [pattern]) for name in _event_types()):
                raise invalid("types", f"there is no event type that {pattern!r} could match")
    if "url" not in body:
        return body
    allow = service().settings.webhooks_allow_loopback
    try:
        url = encode_address(body["url"])
        checked_addresses(url, allow_loopback=allow)
    except Refused as refused:
        raise invalid("url", str(refused)) from refused
    return body | {"url": url}


@cache
def _event_types() -> frozenset[str]:
    """The types of the events that endpoints can get."""
    known = {name for name, _ in schemas.published()}
    return frozenset(name for name in known if not name.startswith("notifications."))


def _found(connection: Connection, webhook: str) -> Webhook:
    found = store.by_id(connection, webhook)
    if found is None:
        raise not_found(f"There is no webhook {webhook}.")
    return found


def _new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def _shown(found: Webhook) -> dict[str, Any]:
    return {
        "id": found.id,
        "version": found.version,
        "url": found.url,
        "types": found.types,
        "description": found.description,
        "internal": bool(found.internal),
        "state": found.state,
        "reason": found.reason or None,
        "former_secret_until": found.former_until,
        "failing_since": found.failing_since,
        "next_attempt": found.pause_until,
        "created_at": found.created_at,
    }
