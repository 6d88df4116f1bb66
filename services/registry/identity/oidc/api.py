"""Signing in with the identity provider that the operator has chosen, if any (OpenID Connect)."""

from datetime import datetime
from typing import Any

import structlog
from flask import Response

from services.registry.identity.oidc import handlers, queries
from services.registry.identity.oidc.handlers import Lost, Suspended, TooManyBegun
from services.registry.identity.oidc.provider import (
    Asked,
    Away,
    NotSignedIn,
    Untrusted,
    provider_at,
)
from services.registry.identity.oidc.queries import Flow
from services.registry.identity.oidc.schemas import AccountConfirmationBody, BeginBody, ReturnBody
from services.registry.identity.sign_ins.handlers import TooManyRequests
from shared.eventstore.written import forget_written
from shared.http.network import network_of
from shared.http.policies import anyone, policy, signed_in
from shared.settings import IdentityProvider
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.commands import cause
from shared.web.context import service
from shared.web.errors import Problem, not_found, too_many

log = structlog.get_logger()
blp = Blueprint("oidc", "oidc", description="Signing in with an identity provider")
_LOST = "This sign-in no longer works: it was used, has expired, or began in another browser."
_RETURN = "/sign-in/with/return"  # at the front


@blp.post("/sign-ins/with")
@blp.doc(summary="Begin to sign in with the identity provider: the address to go to")
@policy(anyone)
@blp.arguments(BeginBody)
def begin(fields: dict[str, Any]) -> Response:
    """Good for ten minutes, in the browser that began. 60 an hour from one network address."""
    here, provider = service(), _provider()
    now = here.clock.now()
    network = network_of(here.settings.trusted_proxies)
    try:
        with here.write() as connection:
            begun = handlers.begin(
                connection,
                provider.issuer,
                here.settings.front_url + _RETURN,
                fields["browser"],
                fields.get("next"),
                handlers.network_key(here.settings.secret, network),
                now,
            )
        address = provider_at(provider.issuer).address(provider, begun.asked, begun.state)
    except TooManyBegun as error:
        raise _too_many(error.until, now) from error
    except Away as error:
        raise _away(provider) from error
    return json_response({"address": address}, private=True)


@blp.post("/sign-ins/with/completion")
@blp.doc(summary="Sign in by what the identity provider has answered")
@blp.alt_response(202, description="The account is nobody's here yet: confirm it by email, once")
@policy(anyone)
@blp.arguments(ReturnBody)
def complete(fields: dict[str, Any]) -> Response:
    """`session` and `person` where the account is somebody's, else `confirmation`: the id under
    which the address is to be confirmed. The address that the provider may know counts for nothing.
    """
    here, provider = service(), _provider()
    now = here.clock.now()
    flow = _taken(fields, provider, now)
    subject = _subject(provider, flow, fields["code"], now)
    try:
        with here.write() as connection:
            found = handlers.arrive(here.streams, connection, flow, subject, cause=cause(), now=now)
    except Suspended as error:
        why = "You cannot sign in at present. Ask the people who run this platform."
        raise Problem(403, why) from error
    onward = {"next": flow.onward}
    if found is None:
        return json_response({"confirmation": flow.id, **onward}, 202, private=True)
    return json_response({"session": found.secret, "person": found.person, **onward}, private=True)


@blp.post("/sign-ins/with/<confirmation>/confirmation")
@blp.doc(summary="Ask for the email that confirms whose an account at the identity provider is")
@blp.alt_response(202, description="Sent, if the address can be written to")
@policy(anyone)
@blp.arguments(AccountConfirmationBody)
def confirm(fields: dict[str, Any], confirmation: str) -> Response:
    """As `POST /sign-ins`. Who completes that sign-in with the same `browser` has the account bound
    to them, and signs in without an email from then on."""
    here = service()
    now = here.clock.now()
    try:
        with here.write() as connection:
            sign_in = handlers.confirm(
                here.streams,
                connection,
                confirmation,
                fields["browser"],
                fields["email"],
                network_of(here.settings.trusted_proxies),
                here.settings.secret,
                cause=cause(),
                now=now,
            )
    except Lost as error:
        raise Problem(410, f"{_LOST} Begin again.") from error
    except TooManyRequests as error:
        raise _too_many(error.until, now) from error
    forget_written()  # the answer does not tell whether an email goes out
    return json_response({"sign_in": sign_in}, 202, private=True)


@blp.get("/me/accounts")
@blp.doc(summary="The accounts at an identity provider that sign one in without an email")
@policy(signed_in)
def list_accounts() -> Response:
    with service().database.read() as connection:
        found = queries.of_person(connection, caller().person)
    items = [
        {"id": b.id, "issuer": b.issuer, "created_at": b.bound_at, "used_at": b.used_at}
        for b in found
    ]
    return json_response({"items": items, "next": None}, private=True)


@blp.delete("/me/accounts/<account>")
@blp.doc(summary="Let an account sign one in no more; where one is signed in, one stays so")
@policy(signed_in)
def end_account(account: str) -> Response:
    here, person = service(), caller().person
    with here.write() as connection:
        if not handlers.end(
            here.streams, connection, person, account, cause=cause(), now=here.clock.now()
        ):
            raise not_found(f"There is no account {account} of yours, or no longer.")
    return json_response({"account": account, "ended": True}, private=True)


def _taken(fields: dict[str, Any], provider: IdentityProvider, now: datetime) -> Flow:
    """The sign-in under way, which is used by this whatever comes of it."""
    try:
        with service().write() as connection:
            flow = handlers.take(connection, fields["state"])
    except Lost as error:
        raise Problem(410, f"{_LOST} Begin again.") from error
    if not handlers.is_of(flow, fields["browser"], now):
        raise Problem(410, f"{_LOST} Begin again.")
    if {flow.issuer, fields.get("iss", flow.issuer)} != {provider.issuer}:
        raise _untrusted(provider, "it came from another issuer")
    return flow


def _subject(provider: IdentityProvider, flow: Flow, code: str, now: datetime) -> str:
    asked = Asked(service().settings.front_url + _RETURN, flow.nonce, flow.verifier)
    try:
        return provider_at(provider.issuer).subject(provider, asked, code, now)
    except Away as error:
        raise _away(provider) from error
    except NotSignedIn as error:
        raise Problem(410, f"{_LOST} Begin again.") from error
    except Untrusted as error:
        raise _untrusted(provider, str(error)) from error


def _provider() -> IdentityProvider:
    found = service().settings.identity_provider
    if found is None:
        raise not_found("There is no identity provider to sign in with here: sign in by email.")
    return found


def _away(provider: IdentityProvider) -> Problem:
    why = f"{provider.label} does not answer. Try again in a minute, or sign in by email."
    return Problem(503, why, headers={"Retry-After": "60"})


def _untrusted(provider: IdentityProvider, why: str) -> Problem:
    log.error("the identity provider's answer cannot be trusted", why=why)
    return Problem(
        422,
        f"What {provider.label} has answered cannot be trusted. Begin again, or sign in by email.",
    )


def _too_many(until: datetime, now: datetime) -> Problem:
    words = "Too many sign-ins were asked for from your network. Try again later."
    return too_many(words, until, now)
