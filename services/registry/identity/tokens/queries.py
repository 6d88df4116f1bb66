"""The table of signing keys. The private halves are nowhere else, and stay over restarts."""

from datetime import datetime
from typing import NamedTuple

import msgspec
from joserfc.jwk import OKPKey

from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import lock_in_turn, mark, marks


class SigningKey(NamedTuple):
    key: OKPKey
    made_at: datetime


def all_keys(connection: Connection) -> list[SigningKey]:
    """All that are published, the newest first."""
    rows = connection.exec_driver_sql(
        "SELECT private, made_at FROM signing_keys ORDER BY made_at DESC, id"
    )
    return [
        SigningKey(OKPKey.import_key(msgspec.json.decode(private)), parse_rfc3339(made_at))
        for private, made_at in rows
    ]


def lock(connection: Connection) -> None:
    """One at a time makes keys."""
    lock_in_turn(connection, "signing keys")


def insert(connection: Connection, key: OKPKey, now: datetime) -> None:
    private = msgspec.json.encode(key.as_dict(private=True)).decode()
    connection.exec_driver_sql(
        f"INSERT INTO signing_keys (id, private, made_at) VALUES ({marks(connection, 3)})",
        (key.thumbprint(), private, rfc3339(now)),
    )


def delete(connection: Connection, key: OKPKey) -> None:
    connection.exec_driver_sql(
        f"DELETE FROM signing_keys WHERE id = {mark(connection)}", (key.thumbprint(),)
    )
