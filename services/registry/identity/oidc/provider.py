"""The identity provider: what it says of itself, where people are sent, and who it says they are.

OpenID Connect with the code flow and PKCE; ID tokens are verified against the provider's keys.
"""

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlencode

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, OctKey, import_key

from services.registry.rules import OIDC_CLOCKS_APART, OIDC_SIGNED_IN_WITHIN
from shared.foundation.hosts import is_safe_url
from shared.foundation.http_client import http_client
from shared.settings import IdentityProvider

log = structlog.get_logger()
_ALGORITHMS = [
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"),
    *("EdDSA", "Ed25519"),
]
_GOOD_FOR = 300.0  # seconds that what the provider says of itself is kept
_PAUSE = 5.0  # seconds between two looks at its keys, whatever tokens come
_PATIENCE = 2.0  # seconds for each request: the front waits for all of them
_LONGEST = 10**6  # bytes of an answer
_LONGEST_SUBJECT = 255  # by the specification


class Away(Exception):
    """The provider does not answer, or not as it ought to."""


class NotSignedIn(Exception):
    """The provider takes the code for no sign-in: it was used, or has expired."""


class Untrusted(Exception):
    """What the provider answered does not hold; the text says why, for the log."""


class Metadata(NamedTuple):
    """Of OpenID Connect Discovery 1.0."""

    authorization: str
    token: str
    keys: str
    by_body: bool  # whether the client shows its secret in the body, as nothing else is taken


class Asked(NamedTuple):
    """What one sign-in was begun with."""

    returns_to: str
    nonce: str
    verifier: str


class Provider:
    """One issuer; what it says of itself and its keys are kept for some minutes."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._http = http_client(timeout=_PATIENCE)
        self._lock = threading.Lock()
        self._found: tuple[Metadata, float] | None = None
        self._keys: tuple[Mapping[str, Key], float] | None = None

    def address(self, client: IdentityProvider, asked: Asked, state: str) -> str:
        """Where the browser is sent. Raises Away."""
        query = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": asked.returns_to,
            "scope": "openid",  # neither name nor address: nothing is taken from there
            "state": state,
            "nonce": asked.nonce,
            "code_challenge": _challenge(asked.verifier),
            "code_challenge_method": "S256",
            "max_age": str(int(OIDC_SIGNED_IN_WITHIN.total_seconds())),
        }
        at = self._metadata().authorization
        return f"{at}{'&' if '?' in at else '?'}{urlencode(query)}"

    def subject(self, client: IdentityProvider, asked: Asked, code: str, now: datetime) -> str:
        """Who has signed in, by the provider's name for the account.

        Raises Away, NotSignedIn, Untrusted.
        """
        token = self._id_token(client, asked, code)
        return _subject(self._claims(token), self.issuer, client.client_id, asked.nonce, now)

    def _id_token(self, client: IdentityProvider, asked: Asked, code: str) -> str:
        found = self._metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.returns_to,
            "code_verifier": asked.verifier,
        }
        headers = {"Accept": "application/json"}
        secret = client.client_secret.value
        if found.by_body:
            form |= {"client_id": client.client_id, "client_secret": secret}
        else:
            headers["Authorization"] = _basic(client.client_id, secret)
        answer = self._ask("POST", found.token, headers=headers, form=form)
        body = _object(answer)
        if answer.status_code == 400 and body.get("error") == "invalid_grant":
            raise NotSignedIn
        if answer.status_code != 200:
            log.error("the identity provider refuses us", status=answer.status_code)
            raise Away
        token = body.get("id_token")
        if not isinstance(token, str):
            raise Untrusted("there is no ID token in it")
        return token

    def _claims(self, token: str) -> Mapping[str, object]:
        try:
            return _verified(token, self._known_keys(again=False))
        except KeyError:  # it may be a new one
            pass
        try:
            return _verified(token, self._known_keys(again=True))
        except KeyError as error:
            raise Untrusted("it is signed with a key that is not published") from error

    def _metadata(self) -> Metadata:
        with self._lock:
            kept = self._found
        if kept is not None and time.monotonic() - kept[1] < _GOOD_FOR:
            return kept[0]
        answer = self._ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        found = _metadata(_object(answer), self.issuer)
        with self._lock:
            self._found = found, time.monotonic()
        return found

    def _known_keys(self, *, again: bool) -> Mapping[str, Key]:
        with self._lock:
            kept = self._keys
        if kept is not None and time.monotonic() - kept[1] < (_PAUSE if again else _GOOD_FOR):
            return kept[0]
        found = _read_keys(_object(self._ask("GET", self._metadata().keys)))
        with self._lock:
            self._keys = found, time.monotonic()
        return found

    def _ask(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        try:
            answer = self._http.request(method, address, headers=headers, data=form)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("the identity provider does not answer", why=type(error).__name__)
            raise Away from error
        if answer.status_code >= 500 or answer.is_redirect or len(answer.content) > _LONGEST:
            log.warning("the identity provider has failed", status=answer.status_code)
            raise Away
        return answer


@lru_cache(maxsize=8)
def provider_at(issuer: str) -> Provider:
    """The process's own."""
    return Provider(issuer)


def _metadata(body: Mapping[str, object], issuer: str) -> Metadata:
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    found = [str(body.get(name, "")) for name in names]
    if body.get("issuer") != issuer or not all(map(is_safe_url, found)):
        log.error("the identity provider describes another issuer, or unsafe addresses")
        raise Away
    ways = body.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    by_body = isinstance(ways, list) and "client_secret_basic" not in ways
    authorization, token, keys = found
    return Metadata(authorization, token, keys, by_body)


def _read_keys(body: Mapping[str, object]) -> Mapping[str, Key]:
    """By their ids; those of unknown kinds, for encryption or without a public half are none."""
    found: dict[str, Key] = {}
    listed = body.get("keys")
    for item in listed if isinstance(listed, list) else []:
        try:
            key = import_key(item)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
        if not isinstance(key, OctKey) and item.get("use", "sig") == "sig":
            found[str(item.get("kid", ""))] = key
    return found


def _verified(token: str, known: Mapping[str, Key]) -> Mapping[str, object]:
    """What the token says. Raises KeyError where its key is not known, Untrusted."""
    try:
        return jwt.decode(token, lambda found: _key(found.headers(), known), _ALGORITHMS).claims
    except (JoseError, ValueError, TypeError) as error:
        raise Untrusted("its signature does not fit") from error


def _key(header: Mapping[str, object], known: Mapping[str, Key]) -> Key:
    """Raises KeyError where the token names a key that is not known, or none of several."""
    kid = header.get("kid")
    if kid is None and len(known) == 1:
        return next(iter(known.values()))
    return known[str(kid)]


def _subject(
    claims: Mapping[str, object], issuer: str, client: str, nonce: str, now: datetime
) -> str:
    """Who the ID token is about. Raises Untrusted."""
    if claims.get("iss") != issuer:
        raise Untrusted("it is of another issuer")
    audience = claims.get("aud")
    for_whom = audience if isinstance(audience, list) else [audience]
    if client not in for_whom or claims.get("azp", client) != client:
        raise Untrusted("it is for another client")
    if len(for_whom) > 1 and "azp" not in claims:
        raise Untrusted("it is for several clients, and does not say for which")
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise Untrusted("it was made for another sign-in")
    apart = OIDC_CLOCKS_APART.total_seconds()
    if _seconds(claims, "exp") + apart <= now.timestamp():
        raise Untrusted("it has expired")
    if _seconds(claims, "iat") - apart > now.timestamp():
        raise Untrusted("it is from the future: a clock is wrong")
    long_ago = now.timestamp() - OIDC_SIGNED_IN_WITHIN.total_seconds() - apart
    if "auth_time" in claims and _seconds(claims, "auth_time") < long_ago:
        raise Untrusted("the sign-in there was too long ago")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise Untrusted("it names nobody")
    return subject


def _seconds(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Untrusted(f"its {name} is no time")
    return value


def _object(answer: httpx.Response) -> Mapping[str, object]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        log.warning("the identity provider's answer cannot be read", status=answer.status_code)
        raise Away
    return body


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _basic(client: str, secret: str) -> str:
    """RFC 6749 has both encoded as in a form first."""
    pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
