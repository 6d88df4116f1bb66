"""A projection: a table, and a pure function from a row and an event to the row that follows.

Each table exists twice (`communities_1`, `communities_2`): one generation is read while the other
may be filled anew; see `rebuild`. Rows are read and written a batch at a time: a thousand events of
one stream cost one row's write.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import Event

Row = dict[str, Any]
_CHUNK = 500  # keys in one query: SQLite allows 32,766 parameters, and plans stay small


@dataclass(frozen=True)
class Child:
    """Rows that hang on a projection's row and are replaced together with it.

    `rows` gives tuples in the order of `columns`, whose first is the parent's key.
    """

    table: str
    columns: tuple[str, ...]
    rows: Callable[[Row], Iterable[tuple[Any, ...]]]


def _stream(event: Event) -> str:
    return event.stream


@dataclass(frozen=True)
class Projection:
    """`columns` begins with the key, which is the stream's id unless `key` says otherwise.

    `types` maps the event types that `fold` reads to the newest version it knows. Columns named in
    `json` hold anything that JSON can; the row has them parsed. With `stamped`, the table has a
    column `changed` by which another process can follow it (see `follow`).

    Where `key` gathers several streams in a row, those who apply them take turns.
    """

    table: str
    columns: tuple[str, ...]
    types: Mapping[str, int]
    fold: Callable[[Row | None, Event], Row | None]
    json: frozenset[str] = frozenset()
    children: tuple[Child, ...] = ()
    stamped: bool = False
    key: Callable[[Event], str] = field(default=_stream)

    def tables(self, generation: int) -> list[str]:
        return [f"{t}_{generation}" for t in (self.table, *(c.table for c in self.children))]

    @property
    def gathers(self) -> bool:
        """Whether a row holds what events of several streams say."""
        return self.key is not _stream

    @cached_property
    def encoders(self) -> tuple[Callable[[Any], Any] | None, ...]:
        return tuple(_to_json if c in self.json else None for c in self.columns)


class UnknownVersion(Exception):
    """An event of a version newer than this code reads: it waits for the upgrade."""


class Failure(NamedTuple):
    """An event that a projection could not take, and why."""

    event: Event
    error: Exception


def project(
    connection: Connection,
    projections: Iterable[Projection],
    generation: int,
    events: Sequence[Event],
) -> list[Failure]:
    """Apply events, in their order, to all projections' tables of one generation.

    An event that any `fold` raises on changes nothing in any table, nor do the later ones of its
    stream in this batch; they are returned, the later ones with the same error.
    """
    before: list[tuple[Projection, dict[str, Row]]] = []
    for projection in projections:
        keys = {projection.key(event) for event in events if event.type in projection.types}
        if keys:
            before.append((projection, load_rows(connection, projection, generation, keys)))
    after: list[dict[str, Row | None]] = [dict(rows) for _, rows in before]
    failures: list[Failure] = []
    failed: dict[str, Exception] = {}
    for event in events:
        if event.stream not in failed:
            try:
                _fold([projection for projection, _ in before], after, event)
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, this waits and others flow
                failed[event.stream] = error
        failures.append(Failure(event, failed[event.stream]))
    for (projection, old), new in zip(before, after, strict=True):
        write_rows(connection, projection, generation, old, new)
    return failures


def _fold(
    projections: Sequence[Projection], rows: Sequence[dict[str, Row | None]], event: Event
) -> None:
    """All projections take the event, or none does."""
    folded = []
    for place, projection in enumerate(projections):
        known = projection.types.get(event.type)
        if known is None:
            continue
        if event.schema > known:
            raise UnknownVersion(f"{event.type} version {event.schema} is not known here")
        key = projection.key(event)
        folded.append((place, key, projection.fold(rows[place].get(key), event)))
    for place, key, row in folded:
        rows[place][key] = row


def load_rows(
    connection: Connection, projection: Projection, generation: int, keys: Iterable[str]
) -> dict[str, Row]:
    """The rows of these keys, as dicts by key; those that there are."""
    ordered, rows = list(keys), {}
    columns, key = ", ".join(projection.columns), projection.columns[0]
    for start in range(0, len(ordered), _CHUNK):
        chunk = ordered[start : start + _CHUNK]
        found = connection.exec_driver_sql(
            f"SELECT {columns} FROM {projection.table}_{generation} WHERE {key}"
            f" IN ({marks(connection, len(chunk))})",
            tuple(chunk),
        )
        for values in found:
            rows[values[0]] = as_row(projection, values)
    return rows


def as_row(projection: Projection, values: Sequence[Any]) -> Row:
    """A row of the projection's columns, with JSON parsed."""
    return {
        column: msgspec.json.decode(value) if encoder is not None and value is not None else value
        for column, encoder, value in zip(
            projection.columns, projection.encoders, values, strict=False
        )
    }


def write_rows(
    connection: Connection,
    projection: Projection,
    generation: int,
    before: Mapping[str, Row],
    after: Mapping[str, Row | None],
) -> None:
    """Write the rows that differ, delete those that became None."""
    changed = {k: row for k, row in after.items() if row is not None and row is not before.get(k)}
    gone = [k for k, row in after.items() if row is None and k in before]
    if changed:
        sql = _upsert(connection, projection, generation)
        connection.exec_driver_sql(sql, [_values(projection, row) for row in changed.values()])
    if gone:
        _delete(connection, f"{projection.table}_{generation}", projection.columns[0], gone)
    for child in projection.children:
        stale = [k for k in (*changed, *gone) if k in before]
        if stale:
            _delete(connection, f"{child.table}_{generation}", child.columns[0], stale)
        rows = [values for row in changed.values() for values in child.rows(row)]
        if rows:
            connection.exec_driver_sql(
                f"INSERT INTO {child.table}_{generation} ({', '.join(child.columns)})"
                f" VALUES ({marks(connection, len(child.columns))})",
                rows,
            )


def _values(projection: Projection, row: Row) -> tuple[Any, ...]:
    return tuple(
        row[column] if encode is None else encode(row[column])
        for column, encode in zip(projection.columns, projection.encoders, strict=True)
    )


def _upsert(connection: Connection, projection: Projection, generation: int) -> str:
    table, key = f"{projection.table}_{generation}", projection.columns[0]
    columns = list(projection.columns)
    values = [mark(connection)] * len(columns)
    if projection.stamped:
        columns.append("changed")
        values.append(
            f"(SELECT coalesce(max(changed), 0) + 1 FROM {table})"
            if connection.dialect == "sqlite"
            else "pg_current_xact_id()::text::bigint"
        )
    updates = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(values)})"
        f" ON CONFLICT ({key}) DO UPDATE SET {updates}"
    )


def _delete(connection: Connection, table: str, key: str, keys: Sequence[str]) -> None:
    sql = f"DELETE FROM {table} WHERE {key} = {mark(connection)}"
    connection.exec_driver_sql(sql, [(k,) for k in keys])


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
