"""Brings the keys of names that rows hold to what `name_key` gives now.

A migration of its own calls this for each table, whenever the key changes.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from shared.foundation.names import name_key

_AT_ONCE = 1000


def update_key(table: str, column: str, document: str, name_in: Callable[[Any], str]) -> None:
    """Set `column` of each row from a name in its JSON `document`, where it is another now."""
    connection = op.get_bind()
    change = sa.text(f"UPDATE {table} SET {column} = :key WHERE id = :id")
    rows = connection.execute(sa.text(f"SELECT id, {column}, {document} FROM {table}"))
    changes = [
        {"id": row, "key": key}
        for row, before, text in rows.yield_per(_AT_ONCE)
        if (key := name_key(name_in(msgspec.json.decode(text)))) != before
    ]
    for start in range(0, len(changes), _AT_ONCE):
        connection.execute(change, changes[start : start + _AT_ONCE])


def add_keys(
    table: str, parent: str, parents: str, document: str, names_in: Callable[[Any], Iterable[str]]
) -> None:
    """Add to `table` (the id of a row of `parents`, and a name's key) the keys that it lacks."""
    connection = op.get_bind()
    present = {
        tuple(row) for row in connection.execute(sa.text(f"SELECT {parent}, name_key FROM {table}"))
    }
    rows = connection.execute(sa.text(f"SELECT id, {document} FROM {parents}"))
    keys = [
        {"parent": row, "key": key}
        for row, text in rows
        for key in dict.fromkeys(map(name_key, names_in(msgspec.json.decode(text))))
        if (row, key) not in present
    ]
    if keys:
        insert = f"INSERT INTO {table} ({parent}, name_key) VALUES (:parent, :key)"
        connection.execute(sa.text(insert), keys)
