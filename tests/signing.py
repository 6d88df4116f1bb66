"""People's access tokens in tests of a service that is not the registry: signed by a key held here.

The service is told of sessions and grants as by the registry's events, and of the key as if it had
asked for it.
"""

from collections.abc import Sequence
from datetime import timedelta

from joserfc.jwk import OKPKey

from shared.http.access_tokens import LIFETIME, Claims, issuer, sign
from shared.service import Service

_KEY = OKPKey.generate_key("Ed25519", private=True)


class KnownKeys:
    """See `shared.http.token_keys.TokenKeys`."""

    def known(self) -> Sequence[OKPKey]:
        return [_KEY]

    def looked_again(self) -> Sequence[OKPKey]:
        return [_KEY]


def knows_the_key(service: Service) -> None:
    """Have a service verify what `token` signs; before its app is made."""
    object.__setattr__(service, "token_keys", lambda _: KnownKeys())  # its parts know it already


def token(
    service: Service,
    person: str,
    session: str = "sin_00000000000000000000",
    *,
    asked: timedelta = timedelta(),
    signed_in: timedelta = timedelta(),
) -> str:
    """A person's token, asked for and signed in so long ago."""
    now = service.clock.now()
    at = now - asked
    claims = Claims(person, session, now - signed_in, at + LIFETIME)
    return sign(_KEY, issuer(service.settings), claims, at)
