"""Drawing the map anew from the tables: read at one moment, computed, stored."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from services.discovery.calibration import stored
from services.discovery.index import Document
from services.discovery.index.levels import WITH_MEANING, Scales
from services.discovery.map.compute import compute
from services.discovery.map.links import accepted
from services.discovery.map.material import Material, documents_of, gather
from services.discovery.map.store import Stored, read_map, signature, write_map
from services.discovery.meaning.files import ModelRefusedError, read_model
from services.discovery.meaning.store import START, vectors_since
from services.discovery.projections.registry import DOCUMENTS
from shared.connection import Connection
from shared.database import Database, mark
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import Row, as_row, load_rows

_PAGE = 2_000


def draw(database: Database, model: Path | None, at: str) -> Stored | None:
    """Compute the map as of `at` and store it; None where another was stored meanwhile.

    `model` is the operator's folder, if any: vectors of other models are left aside.
    """
    started = time.monotonic()
    with database.read() as connection:
        before, now = read_map(connection), signature(connection)
        generation = active(connection, FOLLOWED)
        material, scales = _material(connection, generation, model)
        agreed = accepted(connection)

    def read(ids: Sequence[str]) -> Mapping[str, Document]:
        with database.read() as connection:
            return documents_of(load_rows(connection, DOCUMENTS, generation, ids).values())

    chart = compute(material, agreed, read, before.chart if before else None, scales)
    revision = before.revision + 1 if before else 1
    new = Stored(revision, at, round(time.monotonic() - started, 2), now, chart)
    with database.write() as connection:
        return new if write_map(connection, new) else None


def _material(
    connection: Connection, generation: int, model: Path | None
) -> tuple[Material, Scales]:
    """Give what the map is made of, and what scores mean with this model."""
    scales = WITH_MEANING
    try:
        found = read_model(model).id
        scales = stored(connection, found) or WITH_MEANING
        vectors = vectors_since(connection, START, found)
    except ModelRefusedError:
        vectors = iter(())
    return gather(_in_order(connection, generation), vectors), scales


def _in_order(connection: Connection, generation: int) -> Iterator[Row]:
    """All documents by id, in the same order on every database; some thousands in memory."""
    collation = ' COLLATE "C"' if connection.dialect == "postgresql" else ""
    sql = (
        f"SELECT {', '.join(DOCUMENTS.columns)} FROM {DOCUMENTS.table}_{generation}"
        f" WHERE id{collation} > {mark(connection)} ORDER BY id{collation} LIMIT {_PAGE}"
    )
    after = ""
    while rows := connection.exec_driver_sql(sql, (after,)):
        yield from (as_row(DOCUMENTS, values) for values in rows)
        after = rows[-1][0]
