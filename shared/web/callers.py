"""Who is asking: anyone, the operator or one of the services, and on whose behalf."""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import NamedTuple, ParamSpec, TypeVar, cast

from flask import g, request
from flask_smorest import Blueprint

from shared.eventstore.events import EXAMPLE
from shared.identifiers import is_id
from shared.settings import Settings, as_kept
from shared.web.errors import Problem

P = ParamSpec("P")
R = TypeVar("R")
ANYONE, OPERATOR, SERVICE = "anyone", "operator", "service"
ORIGIN = "Hedgerow-Origin"


class Caller(NamedTuple):
    kind: str
    actor: str | None  # the person on whose behalf a token is used
    origin: str | None = None  # EXAMPLE where the platform loads its example


def identify(settings: Settings) -> Caller:
    """Raises Problem: 401 for a token that is none of ours, 422 for an actor that is no id, 403 for
    an origin that is not the caller's to say.
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
    return Caller(kind, actor, _origin(kind))


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


def kind_of(header: str, settings: Settings) -> str | None:
    """Whose token an Authorization header holds; None where it is none of ours.

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
    return found


def caller() -> Caller:
    """The present request's caller."""
    found: Caller = g.caller
    return found


def is_private(view: object) -> bool:
    """Whether what `view` answers now is for its caller alone: kept out of every cache.

    So is all that is asked with a token, which shows more, and all behind signed links.
    """
    asked_by: Caller | None = g.get("caller")
    by_token = asked_by is not None and asked_by.kind != ANYONE
    return by_token or getattr(view, "_needs_token", False) or "signed" in (request.view_args or {})


def unauthorised(detail: str) -> Problem:
    return Problem(
        401,
        f"{detail} Send the operator's token as `Authorization: Bearer TOKEN`;"
        " it is in the file operator_token: in the data directory, on a server in deploy/secrets.",
        headers={"WWW-Authenticate": 'Bearer realm="hedgerow"'},
    )


def needs_token(view: Callable[P, R]) -> Callable[P, R]:
    """Only for the operator and the services; its description says so."""

    @Blueprint.doc(security=[{"token": []}])
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if caller().kind == ANYONE:
            raise unauthorised("This needs a token.")
        return view(*args, **kwargs)

    guarded._needs_token = True
    return cast(Callable[P, R], guarded)


def needs_a_token(view: Callable[..., object] | None) -> bool:
    """Whether `needs_token` guards this view."""
    return getattr(view, "_needs_token", False)


def needs_service(view: Callable[P, R]) -> Callable[P, R]:
    """Only for the services among themselves."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if caller().kind == OPERATOR:
            raise Problem(403, "This is for the services among themselves.")
        return view(*args, **kwargs)

    return needs_token(guarded)
