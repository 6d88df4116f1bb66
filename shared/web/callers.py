"""Who is asking: anyone, a person, the operator or one of the services, and on whose behalf."""

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from flask import g, request

from shared.eventstore.events import EXAMPLE
from shared.http.access_tokens import Claims, ExpiredToken, InvalidToken, issuer
from shared.http.policies import Kind, policy_of
from shared.http.token_keys import NoKeys
from shared.http.verified_tokens import VerifiedTokens
from shared.identifiers import is_id
from shared.settings import Settings, as_kept
from shared.web.errors import Problem

ORIGIN = "Hedgerow-Origin"
ANYONE, PERSON, OPERATOR, SERVICE = "anyone", "person", "operator", "service"
_HOW = (
    "Sign in, and send your access token as `Authorization: Bearer TOKEN`; or send the operator's"
    " token, which is in the file operator_token: in the data directory, on a server in"
    " deploy/secrets."
)


class Caller(NamedTuple):
    """`actor` is the person who acts, or on whose behalf a token of the platform's own is used.

    `origin` is EXAMPLE where the platform loads its example; `session` and `authenticated_at` are
    of a person who has signed in.
    """

    kind: str
    actor: str | None
    origin: str | None = None
    session: str = ""
    authenticated_at: datetime | None = None

    @property
    def person(self) -> str:
        """The person who has signed in; empty for all others."""
        return (self.actor or "") if self.kind == PERSON else ""


def identify(settings: Settings, tokens: VerifiedTokens) -> Caller:
    """Raises Problem: 401 for a token that is none of ours, 422 for an actor that is no id, 403 for
    one that is another than the person whose token it is, or an origin that is not the caller's to
    say.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return Caller(ANYONE, None, _origin(ANYONE))
    kind = kind_of(header, settings)
    if kind is None:
        raise unauthorised("This token is not known here.")
    actor = request.headers.get("Hedgerow-Actor")
    if actor is not None and not is_id(actor, "per"):
        raise Problem(422, "The header Hedgerow-Actor must hold a person's id, per_….")
    if kind != PERSON:
        return Caller(kind, actor, _origin(kind))
    claims = _claims(header.partition(" ")[2].strip(), settings, tokens)
    if actor not in (None, claims.person):
        raise Problem(403, "Hedgerow-Actor names another person than the one who has signed in.")
    return Caller(PERSON, claims.person, _origin(PERSON), claims.session, claims.authenticated_at)


def _origin(kind: str) -> str | None:
    """What comes of the example is told to nobody, so that no token of a person's may say it."""
    said = request.headers.get(ORIGIN)
    if said is None:
        return None
    if kind != SERVICE or said != EXAMPLE:
        raise Problem(
            403, f"The header {ORIGIN} is for the platform itself, while it loads its example."
        )
    return EXAMPLE


def _claims(token: str, settings: Settings, tokens: VerifiedTokens) -> Claims:
    """What a person's token says. Raises Problem 401, or 503 where that cannot be told yet."""
    try:
        return tokens.claims(token, issuer(settings), settings.clock.now())
    except ExpiredToken as error:
        raise unauthorised("This token has expired; ask for a new one.", how="") from error
    except InvalidToken as error:
        raise unauthorised("This token is not known here.") from error
    except NoKeys as error:
        raise Problem(
            503,
            "Whether this token is good cannot be told yet: the registry does not answer.",
            headers={"Retry-After": "2"},
        ) from error


def kind_of(header: str, settings: Settings) -> str | None:
    """Whose token an Authorization header holds; None where it is none of ours.

    PERSON is said of whatever has the shape of a person's token: whether it is one is verified
    where the request is worked on.
    Compares with every token there is, in constant time, whichever fits.
    """
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        return None
    presented, found = token.strip(), None
    for kind, secret in ((OPERATOR, settings.operator_token), (SERVICE, settings.service_token)):
        for value in secret.values:
            if hmac.compare_digest(as_kept(presented, value), value.encode()):
                found = kind
    if found is None and presented.count(".") == 2:
        return PERSON
    return found


def caller() -> Caller:
    """The present request's caller."""
    found: Caller = g.caller
    return found


def is_private(view: Callable[..., object] | None) -> bool:
    """Whether what `view` answers now is for its caller alone: kept out of every cache.

    So is all that is asked with a token, which shows more, and all behind signed links.
    """
    asked_by: Caller | None = g.get("caller")
    by_token = asked_by is not None and asked_by.kind != ANYONE
    by_link = "signed" in (request.view_args or {})
    return by_token or by_link or needs_a_token(view)


def is_trusted() -> bool:
    """Whether the platform itself asks, by one of its own tokens: it sees what is internal."""
    return caller().kind in (OPERATOR, SERVICE)


def unauthorised(detail: str, *, how: str = _HOW) -> Problem:
    """`how` says what else to do than the detail does."""
    return Problem(
        401,
        f"{detail} {how}".rstrip(),
        headers={"WWW-Authenticate": 'Bearer realm="hedgerow"'},
    )


def needs_a_token(view: Callable[..., object] | None) -> bool:
    """Whether this view is for nobody who shows none: one without a policy is for nobody at all."""
    if view is None:
        return False
    declared = policy_of(view)
    return declared is None or not declared.allows(Kind.ANYONE)
