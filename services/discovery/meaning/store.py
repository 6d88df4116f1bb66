"""The table of vectors: written by the worker, followed by the web."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from services.discovery.index.arrays import Weights
from shared.connection import Connection
from shared.database import mark, marks

START = -(2**62)  # before any mark
_STORED = np.dtype("<f2")
_CHUNK = 500


class Stored(NamedTuple):
    """A vector of length 1 (as far as 16 bits tell it), and the hash of its text."""

    text_hash: str
    vector: Weights


def horizon(connection: Connection) -> int:
    """Where to go on from, taken before the rows are read; see shared/projection/follow.py."""
    sql = (
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        if connection.dialect == "postgresql"
        else "SELECT coalesce(max(changed), 0) + 1 FROM vectors"
    )
    return int(connection.exec_driver_sql(sql).scalar_one())


def vectors_since(connection: Connection, since: int, model: str) -> Iterator[Stored]:
    """The vectors of a model that were written at the mark or later; a few may be told twice."""
    place = mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT text_hash, vector FROM vectors WHERE changed >= {place} AND model = {place}",
        (since, model),
    )
    return (Stored(name, np.frombuffer(raw, _STORED).astype(np.float32)) for name, raw in rows)


def missing(connection: Connection, hashes: Sequence[str], model: str) -> set[str]:
    """Which of these texts have no vector of this model."""
    left = set(hashes)
    for start in range(0, len(hashes), _CHUNK):
        chunk = hashes[start : start + _CHUNK]
        found = connection.exec_driver_sql(
            f"SELECT text_hash FROM vectors WHERE model = {mark(connection)}"
            f" AND text_hash IN ({marks(connection, len(chunk))})",
            (model, *chunk),
        )
        left -= set(found.scalars())
    return left


def write_vectors(connection: Connection, vectors: Mapping[str, Weights], model: str) -> None:
    """Store vectors by the hashes of their texts, in place of another model's."""
    stamp = (
        "(SELECT coalesce(max(changed), 0) + 1 FROM vectors)"
        if connection.dialect == "sqlite"
        else "pg_current_xact_id()::text::bigint"
    )
    connection.exec_driver_sql(
        "INSERT INTO vectors (text_hash, model, vector, changed)"
        f" VALUES ({marks(connection, 3)}, {stamp})"
        " ON CONFLICT (text_hash) DO UPDATE SET model = excluded.model,"
        " vector = excluded.vector, changed = excluded.changed",
        [(name, model, v.astype(_STORED).tobytes()) for name, v in vectors.items()],
    )


def forget_all_but(connection: Connection, wanted: set[str]) -> int:
    """Delete the vectors of texts that no community has any more; gives how many."""
    kept = connection.exec_driver_sql("SELECT text_hash FROM vectors").scalars()
    gone = [(name,) for name in kept if name not in wanted]
    if gone:
        sql = f"DELETE FROM vectors WHERE text_hash = {mark(connection)}"
        connection.exec_driver_sql(sql, gone)
    return len(gone)
