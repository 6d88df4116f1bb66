"""HTTP among the services, to an identity provider and from the command line: one way to ask.

No proxy that the environment names is used, and no `.netrc`: what is asked carries names, addresses
and tokens, and goes to the services alone. Redirects are not followed. Each request carries the
correlation id of what it is asked for, where there is one.
"""

import os
import ssl
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from typing import Protocol
from urllib.parse import quote

import httpx

CORRELATION = "X-Correlation-ID"
Client = httpx.Client
TIMEOUT, CONNECT_TIMEOUT = 10.0, 3.0  # seconds, where a caller names none
_correlation: ContextVar[str | None] = ContextVar("correlation", default=None)


class Token(Protocol):
    """A secret that may change while the process runs, such as `shared.settings.Secret`."""

    @property
    def value(self) -> str: ...


def correlate(correlation: str | None) -> None:
    """From now on this thread asks on behalf of what has this correlation id."""
    _correlation.set(correlation)


def bearer(token: Token) -> dict[str, str]:
    """The header that shows a token, as it is at this moment."""
    return {"Authorization": f"Bearer {token.value}"}


def time_limits(seconds: float, connect: float = CONNECT_TIMEOUT) -> httpx.Timeout:
    """At most `seconds` for each wait; a connection that nobody takes is given up earlier."""
    return httpx.Timeout(seconds, connect=min(seconds, connect))


def http_client(
    base_url: str = "",
    *,
    timeout: float = TIMEOUT,
    connect: float = CONNECT_TIMEOUT,
    headers: Mapping[str, str] | None = None,
) -> Client:
    """A client with connections of its own, for one that asks again and again."""
    return Client(
        base_url=base_url,
        timeout=time_limits(timeout, connect),
        headers=headers,
        limits=httpx.Limits(max_connections=32, max_keepalive_connections=8),
        event_hooks={"request": [_say_correlation]},
        verify=_authorities(),
        trust_env=False,
    )


@cache
def shared_client() -> Client:
    """The process's own, made when it is first asked for: a connection does not live through a
    fork.
    """
    return http_client()


def url_path(*segments: str) -> str:
    """`/communities/com_…/related`: each segment encoded, so that none leads anywhere else."""
    return "".join(f"/{_segment(text)}" for text in segments)


def _segment(text: str) -> str:
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


def _say_correlation(request: httpx.Request) -> None:
    if (correlation := _correlation.get()) is not None:
        request.headers.setdefault(CORRELATION, correlation)


def _authorities() -> ssl.SSLContext | bool:
    """Authorities of the operator's own stay trusted: they are named by the environment too."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    return ssl.create_default_context(cafile=file, capath=folder) if file or folder else True
