"""Signing in by an emailed link or code."""

from dataclasses import replace
from typing import Any

from flask import Response

from services.registry.identity.oidc.handlers import bind
from services.registry.identity.sign_ins import handlers
from services.registry.identity.sign_ins.decider import PURPOSE, Outcome
from services.registry.identity.sign_ins.handlers import Completion, TooManyRequests
from services.registry.identity.sign_ins.schemas import CodeBody, LinkBody, SignInBody
from services.registry.rules import CODE_TRIES
from shared.eventstore.events import BY_LINK
from shared.eventstore.written import forget_written
from shared.http.network import network_of
from shared.http.policies import anyone, policy
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.commands import cause
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found, too_many
from shared.web.signer import BadLink, ExpiredLink, verify

blp = Blueprint("sign-ins", "sign-ins", description="Signing in by an emailed link or code")
_AGAIN = "Ask for a new one: sign in again."
_REFUSALS = {
    Outcome.USED: (410, f"This link or code was used already. {_AGAIN}"),
    Outcome.EXPIRED: (410, f"This link or code has expired: it is good for 15 minutes. {_AGAIN}"),
    Outcome.TOO_MANY_TRIES: (
        429,
        f"This code was typed wrongly {CODE_TRIES} times, so it no longer works. {_AGAIN}",
    ),
}


@blp.post("/sign-ins")
@blp.doc(summary="Ask for a link and a code to sign in by")
@policy(anyone)
@blp.arguments(SignInBody)
@blp.alt_response(202, description="Sent, if the address can be written to")
def ask(fields: dict[str, Any]) -> Response:
    """The same answer whoever has the address, and whether anybody has: three emails an hour to one
    address, 20 requests an hour from one network address."""
    here = service()
    now = here.clock.now()
    try:
        with here.write() as connection:
            sign_in = handlers.request_sign_in(
                here.streams,
                connection,
                fields["email"],
                network_of(here.settings.trusted_proxies),
                here.settings.secret,
                cause=cause(),
                now=now,
            )
    except TooManyRequests as error:
        words = "Too many sign-ins were asked for from your network. Try again later."
        raise too_many(words, error.until, now) from error
    forget_written()  # the answer does not tell whether an email goes out
    return json_response({"sign_in": sign_in}, 202, private=True)


@blp.post("/sign-ins/<sign_in>/completion")
@blp.doc(summary="Sign in by the code")
@policy(anyone)
@blp.arguments(CodeBody)
def complete_by_code(fields: dict[str, Any], sign_in: str) -> Response:
    proven = handlers.is_code(service().settings.secret, sign_in, fields["code"])
    return _answered(_complete(sign_in, fields, proven=proven))


@blp.post("/sign-ins/completion")
@blp.doc(summary="Sign in by the link")
@policy(anyone)
@blp.arguments(LinkBody)
def complete_by_link(fields: dict[str, Any]) -> Response:
    here = service()
    try:
        opened = verify(here.settings.secret, PURPOSE, fields["signed"], here.clock.now())
    except ExpiredLink as error:
        raise Problem(*_REFUSALS[Outcome.EXPIRED]) from error
    except BadLink as error:
        raise not_found("This link does not work: copy the whole of it from the email.") from error
    found = _complete(opened.subject, fields, proven=True, via=BY_LINK)
    if found.outcome is Outcome.WRONG_CODE:  # of a person who was suspended since
        raise Problem(*_REFUSALS[Outcome.EXPIRED])
    return _answered(found)


def _complete(
    sign_in: str, fields: dict[str, Any], *, proven: bool, via: str | None = None
) -> Completion:
    """Not kept under an Idempotency-Key: the answer holds the session's secret."""
    here = service()
    by, now = replace(cause(), via=via), here.clock.now()
    with here.write() as connection:
        found = handlers.complete(
            here.streams,
            connection,
            sign_in,
            proven=proven,
            name=fields.get("name"),
            cause=by,
            now=now,
        )
        if found.outcome is Outcome.COMPLETED:
            browser = fields.get("browser")
            bind(here.streams, connection, sign_in, found.person, browser, cause=by, now=now)
    return found


def _answered(found: Completion) -> Response:
    if found.outcome is Outcome.COMPLETED:
        return json_response({"session": found.secret, "person": found.person}, 200, private=True)
    if found.outcome is Outcome.UNKNOWN:
        raise not_found(f"There is no such sign-in, or no longer. {_AGAIN}")
    if found.outcome is Outcome.WRONG_CODE:
        raise invalid("code", "is not the code of the email; type its six digits")
    if found.outcome is Outcome.NAME_NEEDED:
        raise invalid("name", "is required: nobody here has this address yet")
    raise Problem(*_REFUSALS[found.outcome])
