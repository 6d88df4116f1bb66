"""The outbox: every message as it would arrive, for programs and for browsers."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Response, current_app, request

from services.notifications import letters
from services.notifications.api.pages import page, wants_page
from services.notifications.letters import Letter
from services.notifications.outbox import ORDER, Outbox, page_of
from shared.http import reads
from shared.http.acting import acts_for_platform
from shared.http.policies import anyone, policy
from shared.identifiers import is_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import ANYONE, caller, unauthorised
from shared.web.context import service
from shared.web.errors import Problem, not_found
from shared.web.paging import page_asked, page_response
from shared.web.parameters import PAGE, takes

blp = Blueprint("outbox", "outbox", description="Messages as they would arrive")
# What proxies add to tell for whom they ask, beside X-Forwarded-For and its like.
_PROXIES = frozenset(
    ("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip")
)
_HTML_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@blp.get("/outbox")
@blp.doc(
    summary="Messages, the newest first",
    description="Open on loopback while no mail server is set, unless a proxy asks for somebody;"
    " else it needs a token, and codes and links that act for a message's reader are masked.",
)
@takes(PAGE)
@policy(anyone)
def list_all() -> Response:
    masked = _check_caller()
    wanted = page_asked(ORDER, 2)
    with service().database.read() as connection:
        found, following = page_of(connection, wanted)
        items = _outbox().shown(connection, found, now=_sent_at(), masked=masked)
    _record(found)
    if not wants_page():
        response = page_response(items, following)
        response.headers["Cache-Control"] = "no-store"
        return response
    sends = bool(service().settings.smtp_url)
    return page("outbox", items=items, next=following, sends=sends)


@blp.get("/outbox/<letter>")
@blp.doc(summary="One message, as text, HTML and headers")
@policy(anyone)
def get_one(letter: str) -> Response:
    item = _whole(letter)
    return page("letter", item=item) if wants_page() else json_response(item, private=True)


@blp.get("/outbox/<letter>/html")
@blp.doc(summary="One message's HTML alone, as a mail program shows it")
@policy(anyone)
def get_html(letter: str) -> Response:
    item = _whole(letter)
    response = Response(item["html"], content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _HTML_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def _sent_at() -> datetime | None:
    """When what waits goes; None where no mail server is set."""
    return service().clock.now() if service().settings.smtp_url else None


def _whole(letter: str) -> dict[str, Any]:
    masked, now = _check_caller(), _sent_at()
    with service().database.read() as connection:
        found = letters.by_id(connection, letter)
        if found is None:
            raise not_found(f"There is no message {letter}.")
        (item,) = _outbox().shown(connection, [found], now=now, masked=masked, whole=True)
    _record([found])
    return item


def _record(found: Sequence[Letter]) -> None:
    people = (letter.person for letter in found if is_id(letter.person, "per"))
    reads.record(people, "messages to you")


def _outbox() -> Outbox:
    return cast(Outbox, current_app.extensions["hedgerow_outbox"])


def _check_caller() -> bool:
    """Whether what acts for a message's reader is masked: unless on this machine with no mail
    server, where one signs in by the outbox.

    Elsewhere raises Problem 401 for one without a token, 403 for one whose token is no operator's.
    """
    settings = service().settings
    if not settings.smtp_url and _from_this_machine(settings.bind):
        return False
    with service().database.read() as connection:
        if acts_for_platform(connection):
            return True
    if caller().kind == ANYONE:
        raise unauthorised("The outbox shows names and addresses: it needs a token.")
    raise Problem(403, "The outbox shows names and addresses: it is for the operator.")


def _from_this_machine(bind: str) -> bool:
    """Whether a program of this machine asks for itself, not a proxy for somebody elsewhere, and
    not a page of another site whose name leads here.
    """
    if not all(map(_loopback, (bind, request.remote_addr, _named_host()))):
        return False
    return not any(
        name in _PROXIES or name.startswith("x-forwarded")
        for name in (header.lower() for header, _ in request.headers)
    )


def _named_host() -> str | None:
    try:
        return urlsplit(f"//{request.host}").hostname
    except ValueError:
        return None


def _loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return address == "localhost"
