"""Signed links, which act without a login: purpose, subject, generation and expiry.

Events carry the generation, never the link. A link of an earlier generation than its subject's
present one no longer acts: that is how its owner renews it.
"""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer

from shared.settings import Secret


class SignedLink(NamedTuple):
    subject: str
    generation: int
    expires: datetime | None


class BadLink(Exception):
    """The link was altered, was made for something else, or has expired."""


class ExpiredLink(BadLink):
    """It was good until a time that has passed."""


def sign(
    secret: Secret, purpose: str, subject: str, generation: int, expires: datetime | None
) -> str:
    """The signed part of an address. `purpose` is told apart: one link never acts as another."""
    until = None if expires is None else int(expires.timestamp())
    return str(_serializer(secret.value, purpose).dumps([subject, generation, until]))


@lru_cache(maxsize=64)
def _serializer(value: str, purpose: str) -> URLSafeSerializer:
    """Making one costs more than signing with it."""
    return URLSafeSerializer(value, salt=purpose)


def verify(secret: Secret, purpose: str, text: str, now: datetime) -> SignedLink:
    """Raises BadLink."""
    for value in secret.values:
        try:
            subject, generation, until = _serializer(value, purpose).loads(text)
        except (BadSignature, ValueError, TypeError):
            continue
        expires = None if until is None else datetime.fromtimestamp(until, now.tzinfo)
        if expires is not None and expires <= now:
            raise ExpiredLink("This link has expired.")
        return SignedLink(subject, generation, expires)
    raise BadLink("This link is not one of ours, or was changed on its way.")
