"""What scheduling knows of communities and people, from the registry's events."""

from collections.abc import Iterable, Sequence, Set
from datetime import date
from typing import Any, NamedTuple

import msgspec

from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import FOLLOWED, active


class Community(NamedTuple):
    id: str
    name: str
    state: str
    into: tuple[str, ...]


def communities(connection: Connection, ids: Sequence[str]) -> dict[str, Community]:
    """Those of these that are known."""
    if not ids:
        return {}
    rows = connection.exec_driver_sql(
        f"SELECT id, content FROM communities_{active(connection, FOLLOWED)}"
        f" WHERE id IN ({marks(connection, len(ids))})",
        tuple(ids),
    )
    found = {}
    for key, content in rows:
        known: dict[str, Any] = msgspec.json.decode(content)
        found[key] = Community(key, known["name"], known["state"], tuple(known["into"]))
    return found


def unknown_people(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Those of these that are not known, or erased."""
    if not ids:
        return []
    rows = connection.exec_driver_sql(
        f"SELECT id FROM people_{active(connection, FOLLOWED)}"
        f" WHERE erased = 0 AND id IN ({marks(connection, len(ids))})",
        tuple(ids),
    )
    there = {row[0] for row in rows}
    return [wanted for wanted in ids if wanted not in there]


def erased(connection: Connection, *people: str | None) -> bool:
    """Whether one of these people was erased; None is nobody."""
    return bool(erased_of(connection, [person for person in people if person is not None]))


def erased_of(connection: Connection, people: Iterable[str]) -> set[str]:
    """Those of these people who were erased."""
    found: set[str] = set()
    wanted = sorted(set(people))
    for start in range(0, len(wanted), 500):
        chunk = tuple(wanted[start : start + 500])
        rows = connection.exec_driver_sql(
            f"SELECT id FROM people_{active(connection, FOLLOWED)}"
            f" WHERE erased = 1 AND id IN ({marks(connection, len(chunk))})",
            chunk,
        )
        found.update(row[0] for row in rows)
    return found


def communities_of(connection: Connection, person: str, on: date | None = None) -> list[str]:
    """Where a person holds a role; ever, or on one day."""
    p, values = mark(connection), [person]
    sql = (
        f"SELECT DISTINCT community FROM community_roles_{active(connection, FOLLOWED)}"
        f" WHERE person = {p}"
    )
    if on is not None:
        sql += f" AND begins <= {p} AND (ends IS NULL OR ends > {p})"
        values += [on.isoformat()] * 2
    return sorted(row[0] for row in connection.exec_driver_sql(sql, tuple(values)))


def conveners(connection: Connection, ids: Sequence[str], on: date) -> list[str]:
    """Who convenes one of these communities on a day."""
    if not ids:
        return []
    p = mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT person FROM community_roles_{active(connection, FOLLOWED)}"
        f" WHERE community IN ({marks(connection, len(ids))})"
        f" AND role IN ('convener', 'co-convener') AND begins <= {p}"
        f" AND (ends IS NULL OR ends > {p})",
        (*ids, on.isoformat(), on.isoformat()),
    )
    return [row[0] for row in rows]


Span = tuple[str, str | None]  # the days on which something begins, and ends if it does


def roles_of(
    connection: Connection, ids: Iterable[str], people: Set[str]
) -> dict[tuple[str, str], list[Span]]:
    """When these people had, have or will have a role in these communities, by both."""
    found: dict[tuple[str, str], list[Span]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        chunk = tuple(wanted[start : start + 500])
        rows = connection.exec_driver_sql(
            "SELECT community, person, begins, ends"
            f" FROM community_roles_{active(connection, FOLLOWED)}"
            f" WHERE community IN ({marks(connection, len(chunk))})",
            chunk,
        )
        for community, person, begins, ends in rows:
            if person in people:
                found.setdefault((community, person), []).append((begins, ends))
    return found


def convened_by(connection: Connection, people: Sequence[str], on: date) -> list[str]:
    """The communities that these people convene on a day."""
    if not people:
        return []
    p = mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT community FROM community_roles_{active(connection, FOLLOWED)}"
        f" WHERE person IN ({marks(connection, len(people))})"
        f" AND role IN ('convener', 'co-convener') AND begins <= {p}"
        f" AND (ends IS NULL OR ends > {p})",
        (*people, on.isoformat(), on.isoformat()),
    )
    return [row[0] for row in rows]


def linked(connection: Connection, ids: Sequence[str]) -> list[str]:
    """The communities that have an agreed link with one of these."""
    if not ids:
        return []
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT other FROM linked_communities_{active(connection, FOLLOWED)}"
        f" WHERE community IN ({marks(connection, len(ids))})",
        tuple(ids),
    )
    return [row[0] for row in rows if row[0] not in ids]
