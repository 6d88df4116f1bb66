"""Answers kept for those who send a request again with its Idempotency-Key, in every service.

An answer may hold people's words and names. Each is kept with the ids of everybody whom it is
about, and goes when one of them is erased.
"""

import re
from collections.abc import Collection

from shared.connection import Connection
from shared.database import lock_in_turn, mark, marks, try_share_lock

_ID = re.compile(r"[a-z]{2,6}_[0-9a-hjkmnp-tv-z]{20}")
_PERSON = "per_"
_MOST_STREAMS = 50


def people_in(connection: Connection, request: str, address: str, answer: str) -> set[str]:
    """Everybody whom an answer may be about.

    Those whom the request or the answer names, and those who took part in what the address names
    or the request changed: their words may be in an answer that does not say whose they are.
    """
    people = {found for found in _ID.findall(f"{request} {address} {answer}") if _is_person(found)}
    streams = dict.fromkeys([*_ID.findall(address), *connection.streams_written])
    chosen = tuple(stream for stream in streams if not _is_person(stream))[:_MOST_STREAMS]
    if chosen:
        rows = connection.exec_driver_sql(
            f"SELECT data, actor FROM events WHERE stream_id IN ({marks(connection, len(chosen))})",
            chosen,
        )
        for data, actor in rows:
            people.update(filter(_is_person, _ID.findall(f"{data} {actor or ''}")))
    return people


def may_be_kept(connection: Connection, people: Collection[str]) -> bool:
    """Whether none of these is being erased. Until the transaction ends none will be."""
    return all(try_share_lock(connection, _lock(person)) for person in sorted(people))


def forget(connection: Connection, person: str) -> None:
    """Delete the answers about a person, after those who are about to keep one."""
    lock_in_turn(connection, _lock(person))
    p, like = mark(connection), f"%{person}%"
    # Those of the first release say whom they are about in the answer alone.
    connection.exec_driver_sql(
        f"DELETE FROM idempotency_keys WHERE people LIKE {p} OR body LIKE {p} OR caller LIKE {p}",
        (like, like, like),
    )


def _is_person(found: str) -> bool:
    return found.startswith(_PERSON)


def _lock(person: str) -> str:
    return f"answers about {person}"
