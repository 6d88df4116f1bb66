"""Signing keys and access tokens.

A key is published for ten minutes before it signs anything, so that every service has it by then,
and stays for ten minutes after it signed its last token: keys change without a stop.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from joserfc.jwk import OKPKey

from services.registry.identity.sessions import queries as sessions
from services.registry.identity.tokens import queries
from services.registry.identity.tokens.queries import SigningKey
from services.registry.rules import KEY_LIFETIME, KEY_OVERLAP
from shared.connection import Connection
from shared.database import Database
from shared.http.access_tokens import LIFETIME, Claims, sign
from shared.service import Service


class NoSession(Exception):
    """The secret is of no session, or of one that has ended."""


def access_token(connection: Connection, secret: str, issued_by: str, now: datetime) -> str:
    """A token for the session whose secret this is; it counts as use. Raises NoSession."""
    session = sessions.by_secret(connection, secret)
    if session is None or session.has_expired(now):
        raise NoSession
    claims = Claims(session.person, session.id, session.started_at, now + LIFETIME)
    token = sign(signing_key(connection, now), issued_by, claims, now)
    sessions.note_use(connection, session.id, now)
    return token


def signing_key(connection: Connection, now: datetime) -> OKPKey:
    """The newest key that has been published for long enough; made where there is none at all."""
    found = queries.all_keys(connection)
    if not found:
        queries.lock(connection)
        found = queries.all_keys(connection) or [make_key(connection, now)]
    return _in_use(found, now).key


def make_key(connection: Connection, now: datetime) -> SigningKey:
    key = OKPKey.generate_key("Ed25519")
    queries.insert(connection, key, now)
    return SigningKey(key, now)


def _in_use(keys: Sequence[SigningKey], now: datetime) -> SigningKey:
    """Of keys with the newest first."""
    return next((key for key in keys if key.made_at <= now - KEY_OVERLAP), keys[-1])


def rotate(connection: Connection, now: datetime) -> None:
    """Make the next key, and delete those that signed nothing for ten minutes."""
    queries.lock(connection)
    make_key(connection, now)
    delete_old(connection, now)


def delete_old(connection: Connection, now: datetime) -> None:
    found = queries.all_keys(connection)
    ripe = [key for key in found if key.made_at <= now - KEY_OVERLAP]
    for newer, older in pairwise(ripe):
        if newer.made_at <= now - 2 * KEY_OVERLAP:  # the older one's last tokens have expired
            queries.delete(connection, older.key)


def renew_in_time(service: Service, now: datetime) -> None:
    """A job: a new key every 90 days, and none longer than it is needed."""
    with service.write() as connection:
        found = queries.all_keys(connection)
        if found and found[0].made_at <= now - KEY_LIFETIME:
            rotate(connection, now)
        else:
            delete_old(connection, now)


class OwnKeys:
    """The registry's own keys, as it verifies tokens by: read from its table each time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self) -> Sequence[OKPKey]:
        with self._database.read() as connection:
            return [found.key for found in queries.all_keys(connection)]

    def looked_again(self) -> Sequence[OKPKey]:
        return self.known()
