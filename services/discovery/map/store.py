"""The stored map: one row, the current one; and what tells whether it is still current."""

import zlib
from typing import NamedTuple

import msgspec

from services.discovery.map.chart import Chart
from services.discovery.map.links import changes as link_changes
from services.discovery.projections.registry import DOCUMENTS
from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import FOLLOWED, active


class Signature(msgspec.Struct, frozen=True):
    """What the map depends on, in short: it differs whenever something has changed."""

    communities: str
    links: str
    vectors: str

    def urgent(self, other: "Signature") -> bool:
        """Whether more than vectors differ: they come a few at a time, and change it but little."""
        return (self.communities, self.links) != (other.communities, other.links)


class Stored(NamedTuple):
    """A map, when what it shows was read, how long it took, and the signature of what it shows.

    `revision` rises by one with every map.
    """

    revision: int
    at: str
    seconds: float
    signature: Signature
    chart: Chart


def signature(connection: Connection) -> Signature:
    """The signature of what the tables hold now.

    Sums over the indexes of what changed when: a count alone, or the latest change alone, would
    miss a transaction that began early and ended late.
    """
    generation = active(connection, FOLLOWED)
    documents = _changes(connection, f"{DOCUMENTS.table}_{generation}")
    vectors = _changes(connection, "vectors")
    return Signature(f"{generation} {documents}", link_changes(connection), vectors)


def _changes(connection: Connection, table: str) -> str:
    sql = f"SELECT count(*), coalesce(sum(changed), 0) FROM {table}"
    count, total = connection.exec_driver_sql(sql).first()
    return f"{count}:{total}"


def revision(connection: Connection) -> int:
    """The revision of the stored map, 0 while there is none."""
    row = connection.exec_driver_sql("SELECT revision FROM charts").first()
    return int(row[0]) if row else 0


def read_map(connection: Connection) -> Stored | None:
    """The stored map; None before the first one."""
    sql = "SELECT revision, at, seconds, signature, content FROM charts"
    row = connection.exec_driver_sql(sql).first()
    if row is None:
        return None
    chart = msgspec.msgpack.decode(zlib.decompress(row[4]), type=Chart)
    return Stored(row[0], row[1], row[2], _as_signature(row[3]), chart)


def read_signature(connection: Connection) -> Signature | None:
    """The signature of the stored map, None where there is none."""
    row = connection.exec_driver_sql("SELECT signature FROM charts").first()
    return _as_signature(row[0]) if row else None


def _as_signature(text: str) -> Signature:
    return msgspec.json.decode(text, type=Signature)


def write_map(connection: Connection, new: Stored) -> bool:
    """Store a map in place of the one before it; False, and nothing done, where that is gone.

    The one before is of the revision that comes before the new one's.
    """
    content = zlib.compress(msgspec.msgpack.encode(new.chart), 6)
    signed = msgspec.json.encode(new.signature).decode()
    values = (new.revision, new.at, new.seconds, signed, content)
    if new.revision == 1:
        done = connection.exec_driver_sql(
            "INSERT INTO charts (name, revision, at, seconds, signature, content)"
            f" VALUES ('map', {marks(connection, 5)}) ON CONFLICT (name) DO NOTHING",
            values,
        )
    else:
        place = mark(connection)
        done = connection.exec_driver_sql(
            f"UPDATE charts SET revision = {place}, at = {place}, seconds = {place},"
            f" signature = {place}, content = {place} WHERE revision = {place}",
            (*values, new.revision - 1),
        )
    return done.rowcount == 1
