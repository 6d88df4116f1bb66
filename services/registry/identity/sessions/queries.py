"""The table of sessions that have not ended: a hash of each one's secret, and when it was used.

It cannot be rebuilt from events, which hold no secret.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.registry.rules import SESSION_IDLE, SESSION_LONGEST
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark, marks

_COLUMNS = "id, person, started_at, used_at"


class Session(NamedTuple):
    id: str
    person: str
    started_at: datetime
    used_at: datetime

    def has_expired(self, now: datetime) -> bool:
        return now >= min(self.used_at + SESSION_IDLE, self.started_at + SESSION_LONGEST)


def insert(connection: Connection, session: str, person: str, secret: str, now: datetime) -> None:
    connection.exec_driver_sql(
        "INSERT INTO sessions (id, person, secret_hash, started_at, used_at)"
        f" VALUES ({marks(connection, 5)})",
        (session, person, _hash(secret), rfc3339(now), rfc3339(now)),
    )


def by_secret(connection: Connection, secret: str) -> Session | None:
    return _one(connection, "secret_hash", _hash(secret))


def by_id(connection: Connection, session: str) -> Session | None:
    return _one(connection, "id", session)


def of_person(connection: Connection, person: str) -> list[Session]:
    """The person's sessions, the last used first."""
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM sessions WHERE person = {mark(connection)}"
        " ORDER BY used_at DESC, id",
        (person,),
    )
    return [_session(row) for row in rows]


def expired(connection: Connection, now: datetime, limit: int) -> list[Session]:
    p = mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM sessions WHERE used_at <= {p} OR started_at <= {p} LIMIT {p}",
        (rfc3339(now - SESSION_IDLE), rfc3339(now - SESSION_LONGEST), limit),
    )
    return [_session(row) for row in rows]


def note_use(connection: Connection, session: str, now: datetime) -> None:
    p = mark(connection)
    connection.exec_driver_sql(
        f"UPDATE sessions SET used_at = {p} WHERE id = {p}", (rfc3339(now), session)
    )


def delete(connection: Connection, sessions: Sequence[str]) -> None:
    connection.exec_driver_sql(
        f"DELETE FROM sessions WHERE id = {mark(connection)}", [(session,) for session in sessions]
    )


def _one(connection: Connection, column: str, value: str) -> Session | None:
    row = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM sessions WHERE {column} = {mark(connection)}", (value,)
    ).first()
    return _session(row) if row else None


def _session(row: tuple[str, str, str, str]) -> Session:
    session, person, started_at, used_at = row
    return Session(session, person, parse_rfc3339(started_at), parse_rfc3339(used_at))


def _hash(secret: str) -> str:
    """A secret of 256 random bits needs no slow hash: it cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
