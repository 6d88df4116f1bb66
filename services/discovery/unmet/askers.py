"""Who asked, as far as it is kept: a hash that tells askers apart for 30 days, and nobody's name.

The salt is thrown away after that; then nothing can say any more whether two hashes are of one.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import lock_in_turn, mark, marks
from shared.identifiers import new_id

SALT_LIFE = timedelta(days=30)
_LENGTH = 32


class Salt(NamedTuple):
    id: str
    salt: bytes

    def asker(self, address: str) -> str:
        """The hash of who asks from this address, whatever browsers there are behind it."""
        return hmac.new(self.salt, address.encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def present_salt(connection: Connection, now: datetime) -> Salt:
    """The salt of these days; a new one where there is none, or the last has had its time."""
    lock_in_turn(connection, "asker salt")
    throw_away(connection, now)
    row = connection.exec_driver_sql("SELECT id, salt FROM asker_salts ORDER BY at DESC").first()
    if row is not None:
        return Salt(row[0], bytes(row[1]))
    made = Salt(new_id("slt"), secrets.token_bytes(32))
    connection.exec_driver_sql(
        f"INSERT INTO asker_salts (id, salt, at) VALUES ({marks(connection, 3)})",
        (*made, rfc3339(now)),
    )
    return made


def throw_away(connection: Connection, now: datetime) -> None:
    """Delete a salt that has had its 30 days."""
    connection.exec_driver_sql(
        f"DELETE FROM asker_salts WHERE at <= {mark(connection)}", (rfc3339(now - SALT_LIFE),)
    )
