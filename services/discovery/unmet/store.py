"""The table of searches that found nothing: bounded, and emptied as time goes by."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from services.discovery.index.arrays import Weights
from services.discovery.unmet.askers import Salt
from services.discovery.unmet.grouping import LIKE
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.identifiers import new_id

MOST_ROWS = 2000
MOST_OF_ONE_ASKER = 20
_LONGEST = 200
_STORED = np.dtype("<f2")
# What looks like somebody's address or number is no need of a network's.
_PERSONAL = re.compile(r"@|https?:|\d[\d\s-]{4,}\d")


class Search(NamedTuple):
    """A search that found nothing. `network` is the id that it was limited to, or empty."""

    text: str
    vector: Weights
    model: str
    network: str


class Stored(NamedTuple):
    """A row, as it is grouped."""

    id: str
    text: str
    vector: Weights
    network: str
    salt: str
    asker: str
    at: str


def is_fit(text: str) -> bool:
    """Whether a search's words may be kept: a few words, and no person's address or number."""
    if len(text) > _LONGEST or not any(map(str.isalpha, text)):
        return False
    return _PERSONAL.search(text) is None


def keep(connection: Connection, search: Search, asker: str, salt: Salt, now: datetime) -> bool:
    """Keep a search; whether a row was written. Who asks a like thing again is kept once."""
    p = mark(connection)
    theirs = connection.exec_driver_sql(
        "SELECT id, vector FROM unmet_searches"
        f" WHERE asker = {p} AND salt = {p} AND model = {p} AND network = {p}",
        (asker, salt.id, search.model, search.network),
    )
    for name, raw in theirs:
        if float(_vector(raw) @ search.vector) >= LIKE:
            sql = f"UPDATE unmet_searches SET at = {p} WHERE id = {p}"
            connection.exec_driver_sql(sql, (rfc3339(now), name))
            return False
    if _count(connection, f"WHERE asker = {p}", asker) >= MOST_OF_ONE_ASKER:
        return False
    row = (
        *(new_id("una"), search.text, search.vector.astype(_STORED).tobytes(), search.model),
        *(search.network, salt.id, asker, rfc3339(now)),
    )
    connection.exec_driver_sql(
        "INSERT INTO unmet_searches (id, text, vector, model, network, salt, asker, at)"
        f" VALUES ({marks(connection, 8)})",
        row,
    )
    _make_room(connection)
    return True


def rows(
    connection: Connection, after: datetime, until: datetime, network: str | None = None
) -> list[Stored]:
    """What was asked in a stretch of time, oldest first; all by the model last used.

    With `network`, what was asked of that one or of all.
    """
    p = mark(connection)
    sql = (
        "SELECT id, text, vector, network, salt, asker, at FROM unmet_searches"
        f" WHERE at > {p} AND at <= {p} AND model ="
        " (SELECT model FROM unmet_searches ORDER BY at DESC, id LIMIT 1)"
    )
    values = [rfc3339(after), rfc3339(until)]
    if network is not None:
        sql += f" AND network IN ('', {p})"
        values.append(network)
    found = connection.exec_driver_sql(f"{sql} ORDER BY at, id", tuple(values))
    return [Stored(r[0], r[1], _vector(r[2]), *r[3:]) for r in found]


def is_any_older(connection: Connection, before: datetime) -> bool:
    """Whether anything was last asked before then."""
    sql = f"SELECT 1 FROM unmet_searches WHERE at <= {mark(connection)} LIMIT 1"
    return connection.exec_driver_sql(sql, (rfc3339(before),)).first() is not None


def delete_older(connection: Connection, before: datetime, but: Sequence[str] = ()) -> int:
    """Delete what was last asked before then, but for some rows; gives how many went."""
    p, kept = mark(connection), set(but)
    sql = f"SELECT id FROM unmet_searches WHERE at <= {p}"
    old = connection.exec_driver_sql(sql, (rfc3339(before),)).scalars()
    if gone := [(name,) for name in old if name not in kept]:
        connection.exec_driver_sql(f"DELETE FROM unmet_searches WHERE id = {p}", gone)
    return len(gone)


def _make_room(connection: Connection) -> None:
    over = _count(connection) - MOST_ROWS
    if over > 0:
        connection.exec_driver_sql(
            "DELETE FROM unmet_searches WHERE id IN"
            f" (SELECT id FROM unmet_searches ORDER BY at, id LIMIT {mark(connection)})",
            (over,),
        )


def _count(connection: Connection, where: str = "", *values: str) -> int:
    sql = f"SELECT count(*) FROM unmet_searches {where}"
    return int(connection.exec_driver_sql(sql, values).scalar_one())


def _vector(raw: bytes) -> Weights:
    return np.frombuffer(raw, _STORED).astype(np.float32)
