"""Signing in with the identity provider: begun, come back from, confirmed by email once, bound."""

import hmac
import secrets
from datetime import datetime
from typing import NamedTuple

from services.registry import people
from services.registry.identity.oidc import queries
from services.registry.identity.oidc.events import AccountBound, AccountUnbound
from services.registry.identity.oidc.provider import Asked
from services.registry.identity.oidc.queries import Binding, Flow
from services.registry.identity.sessions import handlers as sessions
from services.registry.identity.sign_ins.decider import Complete
from services.registry.identity.sign_ins.decider import decide as decide_sign_in
from services.registry.identity.sign_ins.handlers import counted_by, request_sign_in
from services.registry.identity.suspensions import queries as suspensions
from services.registry.rules import (
    ACCOUNT_KEPT,
    ACCOUNT_PURPOSE,
    OIDC_BEGUN,
    OIDC_BEGUN_PER_NETWORK,
    OIDC_CONFIRMED_WITHIN,
    OIDC_LIFETIME,
    OIDC_WINDOW,
)
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import lock_in_turn
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change, Streams
from shared.identifiers import new_id
from shared.service import Service
from shared.settings import Secret

_RANDOM = 32  # bytes


class TooManyBegun(Exception):
    """Too many sign-ins are under way; `until` says when to try again."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many sign-ins with the identity provider")
        self.until = until


class Lost(Exception):
    """There is no such sign-in under way: it was used, has expired, or is another browser's."""


class Suspended(Exception):
    """Whose account it is may not sign in."""


class Begun(NamedTuple):
    asked: Asked
    state: str


class SignedIn(NamedTuple):
    person: str
    secret: str


def begin(
    connection: Connection,
    issuer: str,
    returns_to: str,
    browser: str,
    onward: str | None,
    network_key: str,
    now: datetime,
) -> Begun:
    """Keep what the answer is to be held against. Raises TooManyBegun."""
    lock_in_turn(connection, "sign-ins with the identity provider")
    for most, key in ((OIDC_BEGUN_PER_NETWORK, network_key), (OIDC_BEGUN, None)):
        count, first = queries.count_recent(connection, now, key)
        if count >= most and first is not None:
            raise TooManyBegun(first + OIDC_WINDOW)
    state, nonce, verifier = (secrets.token_urlsafe(_RANDOM) for _ in range(3))
    expires = now + OIDC_LIFETIME
    flow = Flow(new_id("oif"), browser, nonce, verifier, onward, expires, issuer)
    queries.insert_flow(connection, flow, state, network_key, now)
    return Begun(Asked(returns_to, nonce, verifier), state)


def take(connection: Connection, state: str) -> Flow:
    """The sign-in that was begun with this state, which nobody takes again. Raises Lost."""
    lock_in_turn(connection, f"sign-in with state {state}")
    flow = queries.flow_by_state(connection, state)
    if flow is None:
        raise Lost
    queries.use_state(connection, flow.id)
    return flow


def is_of(flow: Flow, browser: str, now: datetime) -> bool:
    """Whether it can go on, in this browser."""
    return now < flow.expires and hmac.compare_digest(flow.browser, browser)


def arrive(
    streams: Streams,
    connection: Connection,
    flow: Flow,
    subject: str,
    *,
    cause: Cause,
    now: datetime,
) -> SignedIn | None:
    """Begin a session for the person whose account it is; None where it is nobody's yet, which an
    email is to confirm. Raises Suspended.
    """
    _turn(connection, flow.issuer, subject)
    bound = queries.binding(connection, flow.issuer, subject)
    if bound is None:
        queries.note_subject(connection, flow.id, subject, now + OIDC_CONFIRMED_WITHIN)
        return None
    queries.end_flow(connection, flow.id)
    people.keep(connection, bound.person)
    if suspensions.by_person(connection, bound.person) is not None:
        raise Suspended
    session = new_id("sin")
    completed = decide_sign_in(sessions.SIGN_IN.initial, Complete(bound.person))
    streams.append(connection, [Change(session, 0, completed)], cause=cause, now=now)
    secret = sessions.start(connection, session, bound.person, now)
    queries.note_use(connection, bound.id, now)
    people.set_purpose(connection, bound.person, ACCOUNT_PURPOSE, now.date() + ACCOUNT_KEPT)
    return SignedIn(bound.person, secret)


def confirm(
    streams: Streams,
    connection: Connection,
    flow_id: str,
    browser: str,
    address: str,
    network: str,
    secret: Secret,
    *,
    cause: Cause,
    now: datetime,
) -> str:
    """Have an email sent, as for any sign-in; returns the sign-in's id. Whoever completes it in the
    browser that came from the provider has the account bound. Raises Lost, TooManyRequests.
    """
    flow = queries.flow_by_id(connection, flow_id)
    if flow is None or flow.subject is None or not is_of(flow, browser, now):
        raise Lost
    sign_in = request_sign_in(streams, connection, address, network, secret, cause=cause, now=now)
    queries.note_sign_in(connection, flow.id, sign_in)
    return sign_in


def bind(
    streams: Streams,
    connection: Connection,
    sign_in: str,
    person: str,
    browser: str | None,
    *,
    cause: Cause,
    now: datetime,
) -> None:
    """After a sign-in by email: bind the account that it was to confirm, if there is one.

    Only in the browser that came from the provider: else somebody could have their own account
    bound to whoever opens an email that they have caused.
    """
    flow = queries.flow_by_sign_in(connection, sign_in)
    if flow is None or flow.subject is None:
        return
    of_browser = browser is not None and is_of(flow, browser, now)
    queries.end_flow(connection, flow.id)
    if not of_browser:
        return
    _turn(connection, flow.issuer, flow.subject)
    if queries.binding(connection, flow.issuer, flow.subject) is not None:
        return  # of two that were confirmed at once, the first
    at = rfc3339(now)
    bound = Binding(new_id("oib"), person, flow.issuer, flow.subject, at, at)
    change = Change(bound.id, 0, [AccountBound(person)])
    streams.append(connection, [change], cause=cause, now=now)
    queries.insert_binding(connection, bound)


def endings(connection: Connection, person: str) -> list[Change]:
    """What ending all bindings of a person brings about, for who appends it together with more."""
    return [
        Change(bound.id, 1, [AccountUnbound(person)])
        for bound in queries.of_person(connection, person)
    ]


def end(
    streams: Streams,
    connection: Connection,
    person: str,
    account: str,
    *,
    cause: Cause,
    now: datetime,
) -> bool:
    """Unbind one of the person's accounts; whether there was such a one."""
    people.keep(connection, person)
    change = next((end for end in endings(connection, person) if end.stream == account), None)
    if change is None:
        return False
    streams.append(connection, [change], cause=cause, now=now)
    queries.delete(connection, [account])
    return True


def forget(connection: Connection, person: str) -> None:
    """No account signs the person in any more. To be called before their sign-ins are deleted."""
    queries.delete(connection, [bound.id for bound in queries.of_person(connection, person)])
    queries.forget_flows(connection, person)


def held(connection: Connection, person: str) -> list[dict[str, str]]:
    """For the person's copy."""
    return [
        {
            "issuer": bound.issuer,
            "subject": bound.subject,
            "bound_at": bound.bound_at,
            "used_at": bound.used_at,
        }
        for bound in queries.of_person(connection, person)
    ]


def tidy(service: Service, now: datetime) -> None:
    """A job: forget sign-ins that have expired."""
    with service.write() as connection:
        queries.tidy(connection, now)


def network_key(secret: Secret, network: str) -> str:
    return counted_by(secret, f"oidc {network}")


def _turn(connection: Connection, issuer: str, subject: str) -> None:
    lock_in_turn(connection, f"account {subject} at {issuer}")
