"""Idempotency-Key: a POST that is sent again gets the first answer, and nothing happens twice.

The key is written with the append, after every load (on PostgreSQL, writing before loading could
sort a stream's versions wrongly). While one transaction works on a key, another with the same key
is answered 409 on PostgreSQL; on SQLite, where writers take turns, it waits and is then answered as
the first was.
"""

import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy.exc import IntegrityError

from shared import stored_answers
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import Database, mark, marks, try_lock
from shared.web.errors import Problem

_KEPT = timedelta(days=2)
_LONGEST = 200


class Stored(NamedTuple):
    """An answer as it was first given."""

    status: int
    headers: dict[str, str]
    body: str


class LostRace(Exception):
    """Another request with the same key was first: roll back, and answer as it was answered."""


class Claim(NamedTuple):
    """One request's key: whose, which, and a hash of what was asked; its address and body."""

    caller: str
    key: str
    request: str
    address: str = ""
    body: str = ""


def claim(caller: str, key: str, method: str, path: str, body: bytes) -> Claim:
    """Raises Problem 422 for a key that is empty or too long."""
    if not 1 <= len(key) <= _LONGEST or not key.isprintable():
        raise Problem(422, f"Idempotency-Key must have 1 to {_LONGEST} printable characters.")
    asked = hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()
    return Claim(caller, key, asked, path, body.decode(errors="replace"))


def first_answer(connection: Connection, claim: Claim) -> Stored | None:
    """The answer given before. Raises Problem 422 for another body, 409 while it is under way."""
    if not try_lock(connection, f"idempotency {claim.caller} {claim.key}"):
        raise Problem(
            409,
            "A request with this Idempotency-Key is still being worked on. Ask again shortly.",
            headers={"Retry-After": "1"},
        )
    p = mark(connection)
    row = connection.exec_driver_sql(
        "SELECT request, status, headers, body FROM idempotency_keys"
        f" WHERE caller = {p} AND key = {p}",
        (claim.caller, claim.key),
    ).first()
    if row is None:
        return None
    if row[0] != claim.request:
        raise Problem(
            422, "This Idempotency-Key was used for another request. Use a new key for a new one."
        )
    return Stored(row[1], msgspec.json.decode(row[2], type=dict[str, str]), row[3])


def remember(connection: Connection, claim: Claim, answer: Stored, now: datetime) -> None:
    """Keep the answer, in the append's transaction; not one about somebody who is being erased.

    Raises LostRace.
    """
    headers = msgspec.json.encode(answer.headers).decode()
    address = f"{claim.address} {answer.headers.get('Location', '')}"
    request = f"{claim.caller} {claim.body}"
    people = stored_answers.people_in(connection, request, address, answer.body)
    if not stored_answers.may_be_kept(connection, people):
        return
    try:
        connection.exec_driver_sql(
            "INSERT INTO idempotency_keys"
            " (caller, key, request, status, headers, body, people, at)"
            f" VALUES ({marks(connection, 8)})",
            (
                *(claim.caller, claim.key, claim.request, answer.status, headers, answer.body),
                *(" ".join(sorted(people)), rfc3339(now)),
            ),
        )
    except IntegrityError as error:
        raise LostRace from error


def forget_old_keys(database: Database, now: datetime) -> None:
    """A timed pass: keys are honoured for two days."""
    with database.write() as connection:
        connection.exec_driver_sql(
            f"DELETE FROM idempotency_keys WHERE at < {mark(connection)}",
            (rfc3339(now - _KEPT),),
        )
