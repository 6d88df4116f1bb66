"""Whose tokens are verified, without doing the same work for each request of a page.

A signature that fitted is believed for a minute: a key that is withdrawn is refused that much later
at most. Expiry is looked at each time, and whether the session has ended is asked elsewhere.
"""

import threading
import time
from collections import OrderedDict
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from shared.http.access_tokens import Claims, ExpiredToken, UnknownKey, verify
from shared.http.token_keys import TokenKeys

_GOOD_FOR = 60.0  # seconds
_MOST = 2_000  # tokens that are remembered


class _Verified(NamedTuple):
    claims: Claims
    at: float


class VerifiedTokens:
    """Verifies tokens by these keys, and remembers those that were good by their hashes."""

    def __init__(self, keys: TokenKeys) -> None:
        self._keys = keys
        self._lock = threading.Lock()
        self._verified: OrderedDict[tuple[bytes, str], _Verified] = OrderedDict()

    def claims(self, token: str, issued_by: str, now: datetime) -> Claims:
        """What the token says. Raises InvalidToken and its kinds, and NoKeys."""
        mark = (sha256(token.encode()).digest(), issued_by)
        known = self._verified.get(mark)
        if known is None or time.monotonic() - known.at > _GOOD_FOR:
            known = _Verified(self._verify(token, issued_by, now), time.monotonic())
            self._remember(mark, known)
        if known.claims.expires <= now:
            raise ExpiredToken("it has expired")
        return known.claims

    def _verify(self, token: str, issued_by: str, now: datetime) -> Claims:
        try:
            return verify(token, self._keys.known(), issued_by, now)
        except UnknownKey:
            return verify(token, self._keys.looked_again(), issued_by, now)

    def _remember(self, mark: tuple[bytes, str], verified: _Verified) -> None:
        with self._lock:
            self._verified[mark] = verified
            self._verified.move_to_end(mark)
            while len(self._verified) > _MOST:
                self._verified.popitem(last=False)
