"""Reads of people's data by others, who have them by their task: who, of whom, when, and why.

Each service keeps those of its own data in one erasable table. The people who were read see them in
their account. Rows go with an erasure of the person, after a year in any case; of a reader who is
erased neither the id nor the words stay.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.web.paging import Page, encode_cursor

KEPT = timedelta(days=365)  # as long as an account without use: who asks at last, asks within it
ORDER = "reads"  # of cursors; one for all services, so that lists of several can be merged
_LATE = timedelta(hours=1)  # in which a read that was under way during an erasure is looked for
_COLUMNS = "id, at, reader, via, what, why"


class Read(NamedTuple):
    """`reader` is the person who read, or for whom the operator's token was used; None where that
    is not known, or was erased. `what` is the call's own word for what it shows, `why` what the
    reader said; empty where they said nothing."""

    id: str
    at: str
    reader: str | None
    via: str
    what: str
    why: str


def insert(
    connection: Connection,
    people: Collection[str],
    reader: str | None,
    via: str,
    *,
    what: str,
    why: str,
    now: datetime,
) -> None:
    """One row for each of these people."""
    at = rfc3339(now)
    connection.exec_driver_sql(
        f"INSERT INTO personal_reads (person, {_COLUMNS}) VALUES ({marks(connection, 7)})",
        [(person, uuid.uuid4().hex, at, reader, via, what, why) for person in people],
    )


def of_person(connection: Connection, person: str, page: Page) -> tuple[list[Read], str | None]:
    """A page of the reads of a person's data, the newest first, and the cursor of the next."""
    p = mark(connection)
    where, values = f"person = {p}", tuple[Any, ...]((person,))
    if page.after is not None:
        where, values = f"{where} AND (at, id) < ({p}, {p})", (*values, *page.after)
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM personal_reads WHERE {where} ORDER BY at DESC, id DESC LIMIT {p}",
        (*values, page.limit + 1),
    ).all()
    found = [Read._make(row) for row in rows[: page.limit]]
    more = len(rows) > page.limit
    return found, encode_cursor(ORDER, (found[-1].at, found[-1].id)) if more else None


def held(connection: Connection, person: str) -> dict[str, list[dict[str, Any]]]:
    """For a person's copy: the reads of their data, and their own reads of others', without whom
    these were of."""
    p = mark(connection)
    of_them, theirs = (
        connection.exec_driver_sql(
            f"SELECT {columns} FROM personal_reads WHERE {column} = {p} ORDER BY at, id", (person,)
        ).all()
        for columns, column in (
            ("at, reader, via, what, why", "person"),
            ("at, what, why", "reader"),
        )
    )
    return {
        "reads_of_you": [
            dict(zip(("at", "by", "via", "what", "why"), row, strict=True)) for row in of_them
        ],
        "your_reads_of_others": [
            dict(zip(("at", "what", "why"), row, strict=True)) for row in theirs
        ],
    }


def forget(connection: Connection, person: str) -> None:
    """Nothing is kept of an erased person: of their own reads of others only that there was one."""
    p = mark(connection)
    connection.exec_driver_sql(f"DELETE FROM personal_reads WHERE person = {p}", (person,))
    connection.exec_driver_sql(
        f"UPDATE personal_reads SET reader = NULL, why = '' WHERE reader = {p}", (person,)
    )


def tidy(connection: Connection, erasures: Sequence[str], now: datetime) -> None:
    """Delete what is too old, and what was noted of somebody while they were being erased:
    `erasures` are the types of events that say so here."""
    p = mark(connection)
    connection.exec_driver_sql(
        f"DELETE FROM personal_reads WHERE at <= {p}", (rfc3339(now - KEPT),)
    )
    types = marks(connection, len(erasures))
    late = connection.exec_driver_sql(
        "SELECT DISTINCT stream_id FROM personal_reads JOIN events"
        f" ON stream_id IN (person, reader) WHERE at > {p} AND type IN ({types})",
        (rfc3339(now - _LATE), *erasures),
    ).all()
    for (person,) in late:
        forget(connection, person)
