"""Access tokens of people: JWTs (RFC 7519), signed by the registry, verified by every service.

A token says who somebody is and by which session, never what they may do: roles are looked up where
they are needed, so that one that ends has ended at once.
"""

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet, OKPKey

from shared.settings import Settings

# The name that libraries of today know it by. RFC 9864 would say Ed25519, which few read yet.
ALGORITHM = "EdDSA"
warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)
AUDIENCE = "hedgerow"
LIFETIME = timedelta(minutes=5)  # how long a role's holder can be told apart without the registry
_CLOCKS_APART = timedelta(seconds=5)  # what two machines' clocks may differ by


class Claims(NamedTuple):
    """`person` has signed in at `authenticated_at`, which began `session`."""

    person: str
    session: str
    authenticated_at: datetime
    expires: datetime


class InvalidToken(Exception):
    """The token is not one of the registry's, or was changed; its text says why."""


class ExpiredToken(InvalidToken):
    """The token was good until a time that has passed."""


class UnknownKey(InvalidToken):
    """The token names a key that is not among those given: they may be out of date."""


def issuer(settings: Settings) -> str:
    """What tokens name as their issuer: the registry's public address."""
    if settings.public_url is not None:
        return f"{settings.public_url}/registry"
    return settings.urls["registry"]


def sign(key: OKPKey, issued_by: str, claims: Claims, now: datetime) -> str:
    """The token, whose header names the key by its thumbprint (RFC 7638)."""
    header = {"alg": ALGORITHM, "kid": key.thumbprint(), "typ": "JWT"}
    payload = {
        "iss": issued_by,
        "aud": AUDIENCE,
        "sub": claims.person,
        "sid": claims.session,
        "iat": int(now.timestamp()),
        "exp": int(claims.expires.timestamp()),
        "auth_time": int(claims.authenticated_at.timestamp()),
    }
    return jwt.encode(header, payload, key, algorithms=[ALGORITHM])


def verify(token: str, keys: Sequence[OKPKey], issued_by: str, now: datetime) -> Claims:
    """What the token says. Raises InvalidToken, of which ExpiredToken and UnknownKey are kinds."""
    known = {key.thumbprint(): key for key in keys}
    try:
        decoded = jwt.decode(token, lambda found: known[found.headers()["kid"]], [ALGORITHM])
    except KeyError as error:
        raise UnknownKey("it is signed with a key that is not known here") from error
    except (JoseError, ValueError, TypeError) as error:
        raise InvalidToken("its signature does not fit") from error
    return _checked(decoded.claims, issued_by, now)


def _checked(claims: dict[str, object], issued_by: str, now: datetime) -> Claims:
    if claims.get("iss") != issued_by or claims.get("aud") != AUDIENCE:
        raise InvalidToken("it was issued by another platform, or for another")
    person, session = claims.get("sub"), claims.get("sid")
    times = [claims.get(name) for name in ("iat", "exp", "auth_time")]
    if not isinstance(person, str) or not isinstance(session, str):
        raise InvalidToken("it names nobody")
    issued, expires, authenticated = (_moment(value) for value in times)
    if issued > now + _CLOCKS_APART:
        raise InvalidToken("it is from the future: a clock is wrong")
    if expires <= now:
        raise ExpiredToken("it has expired")
    return Claims(person, session, authenticated, expires)


def _moment(value: object) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**40:
        raise InvalidToken("it does not say until when it is good")
    return datetime.fromtimestamp(value, UTC)


def read_keys(document: object) -> list[OKPKey]:
    """The keys of a JWKS document that can sign tokens; others are passed over.

    Raises ValueError where it is no such document.
    """
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("this is no JSON Web Key Set")
    try:
        found = KeySet.import_key_set({"keys": document["keys"]}).keys
    except (JoseError, KeyError, TypeError) as error:
        raise ValueError("this is no JSON Web Key Set") from error
    return [key for key in found if isinstance(key, OKPKey)]
