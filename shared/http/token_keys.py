"""The registry's public keys, as each other service has them: asked for over HTTP, and kept."""

import threading
import time
from collections.abc import Sequence
from typing import Protocol

import httpx
import structlog
from joserfc.jwk import OKPKey

from shared.foundation.http_client import http_client
from shared.http.access_tokens import read_keys

log = structlog.get_logger()
_GOOD_FOR = 300.0  # seconds; a key is published for longer than this before it signs anything
_PAUSE = 5.0  # seconds between two looks at the registry, whatever tokens come
_PATIENCE = 2.0  # seconds that a request waits for the registry


class NoKeys(Exception):
    """The registry has not been reached yet: whether a token is good cannot be told."""


class TokenKeys(Protocol):
    """Where a service has the keys from by which tokens are verified."""

    def known(self) -> Sequence[OKPKey]:
        """The keys. Raises NoKeys."""

    def looked_again(self) -> Sequence[OKPKey]:
        """The keys once more, for a token that names one that is not known. Raises NoKeys."""


class RegistryKeys:
    """Asks `/.well-known/jwks.json` of the registry, five minutes apart, or where a token names a
    key that is not known. The last keys go on being used while the registry is away."""

    def __init__(self, registry_url: str) -> None:
        self._url = f"{registry_url}/.well-known/jwks.json"
        self._client = http_client(timeout=_PATIENCE)
        self._lock = threading.Lock()
        self._keys: list[OKPKey] = []
        self._looked_at: float | None = None

    def known(self) -> Sequence[OKPKey]:
        if self._age() > _GOOD_FOR or not self._keys:
            self._look()
        return self._found()

    def looked_again(self) -> Sequence[OKPKey]:
        self._look()
        return self._found()

    def _found(self) -> Sequence[OKPKey]:
        if not self._keys:
            raise NoKeys
        return self._keys

    def _age(self) -> float:
        return time.monotonic() - self._looked_at if self._looked_at is not None else float("inf")

    def _look(self) -> None:
        """Ask the registry, unless somebody has just done so."""
        with self._lock:
            if self._age() < _PAUSE:
                return
            try:
                answer = self._client.get(self._url)
                answer.raise_for_status()
                self._keys = read_keys(answer.json())
            except (httpx.HTTPError, ValueError) as error:
                log.warning("the registry's keys cannot be read", error=type(error).__name__)
            self._looked_at = time.monotonic()
