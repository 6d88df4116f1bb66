"""Asking the services, as whoever has signed in: with an access token for their session, their
address, and a time within which a page can still be shown.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
import structlog
from flask import g

from services.web.cookies import visit
from services.web.settings import FrontSettings
from shared.foundation.http_client import http_client, time_limits
from shared.http.network import address_of

log = structlog.get_logger()
_GRANT = "urn:hedgerow:grant:session"
_PATIENCE, _CONNECT = 3.0, 1.0  # seconds
_EARLY = 30.0  # seconds before a token ends, from which on a new one is asked for
_TOKENS = 10_000  # kept at most


class SignedOut(Exception):
    """Nobody has signed in, or the session has ended."""


class SignInAgain(Exception):
    """What is asked for needs a sign-in of the last minutes."""


class NoAnswer(Exception):
    """A service does not answer, or not in time."""


class Answer(NamedTuple):
    """`body` is a JSON object; empty where there was none."""

    status: int
    body: Mapping[str, Any]
    etag: str
    retry_after: str

    @property
    def errors(self) -> Mapping[str, list[str]]:
        found: Mapping[str, list[str]] = self.body.get("errors", {})
        return found

    @property
    def again(self) -> str:
        """When to try again, in words."""
        minutes = -(-int(self.retry_after or 60) // 60)
        return "in a minute" if minutes == 1 else f"in {minutes} minutes"


class Calls:
    """Calls for the present request. Tokens are kept in memory, by a hash of their session."""

    def __init__(self, settings: FrontSettings) -> None:
        self._settings = settings
        self._http = http_client(timeout=_PATIENCE, connect=_CONNECT)
        self._tokens: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(
        self,
        service: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        patience: float = _PATIENCE,
    ) -> Answer:
        """As anyone. Raises NoAnswer, also where the service has failed."""
        limits = time_limits(patience, _CONNECT)
        sent = dict(headers or {})
        return _read(self._send(service, method, path, json=body, headers=sent, timeout=limits))

    def ask_as_person(
        self,
        service: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """As whoever has signed in. Raises SignedOut, SignInAgain, NoAnswer."""
        secret = visit().secret
        if secret is None:
            raise SignedOut
        for last in (False, True):
            token = self._token(secret)
            sent = {**(headers or {}), "Authorization": f"Bearer {token}"}
            response = self._send(service, method, path, json=body, headers=sent)
            if response.status_code != 401:
                return _read(response)
            if "insufficient_user_authentication" in response.headers.get("WWW-Authenticate", ""):
                raise SignInAgain
            self.forget(secret)  # it has ended, or its key is gone: a new one tells which
            if last:
                break
        raise SignedOut

    def me(self) -> Answer:
        """Who has signed in. Raises SignedOut, NoAnswer."""
        found = self.ask_as_person("registry", "GET", "/me")
        if found.status != 200:  # nobody any more: they are gone, or suspended
            raise SignedOut
        return found

    def forget(self, secret: str) -> None:
        """Use no token of this session's any more."""
        with self._lock:
            self._tokens.pop(_key(secret), None)

    def _token(self, secret: str) -> str:
        """Raises SignedOut, NoAnswer."""
        key, now = _key(secret), time.monotonic()
        with self._lock:
            token, until = self._tokens.get(key, ("", 0.0))
        if now < until:
            return token
        form = {"grant_type": _GRANT, "session": secret}
        response = self._send("registry", "POST", "/oauth/token", data=form, headers={})
        if response.status_code == 400:
            raise SignedOut
        body = _read(response).body
        token = str(body["access_token"])
        with self._lock:
            self._tokens[key] = token, now + float(body["expires_in"]) - _EARLY
            while len(self._tokens) > _TOKENS:
                self._tokens.popitem(last=False)
        return token

    def _send(
        self, service: str, method: str, path: str, *, headers: dict[str, str], **sent: Any
    ) -> httpx.Response:
        """Raises NoAnswer."""
        headers["X-Forwarded-For"] = address_of(self._settings.trusted_proxies)
        try:
            response = self._http.request(
                method, self._settings.urls[service] + path, headers=headers, **sent
            )
        except httpx.HTTPError as error:
            log.warning("a service does not answer", asked=service, why=type(error).__name__)
            raise NoAnswer from error
        if response.status_code >= 500:
            log.warning("a service has failed", asked=service, status=response.status_code)
            raise NoAnswer
        if response.status_code == 429:
            g.retry_after = response.headers.get("Retry-After", "60")
        return response


def _read(response: httpx.Response) -> Answer:
    try:
        body = response.json() if response.content else {}
    except ValueError:
        body = {}
    return Answer(
        response.status_code,
        body if isinstance(body, dict) else {},
        response.headers.get("ETag", ""),
        response.headers.get("Retry-After", ""),
    )


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
