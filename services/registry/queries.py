"""Reading the registry's tables, in the generation in use."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from services.registry.domain.person import FORMER
from services.registry.domain.roles import CO_CONVENER, CONVENER
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.eventstore.events import BY_PERSON
from shared.foundation.names import name_key
from shared.identifiers import is_id
from shared.projection.generations import OWN, active
from shared.web.paging import Key, Page, encode_cursor


class Document(NamedTuple):
    """A stream's version, and what the API shows of it, as JSON text."""

    version: int
    json: str


class Listed(NamedTuple):
    items: list[msgspec.Raw]
    next: str | None


ORDERS = {
    "registered": ("registered_at", "id", False),
    "-registered": ("registered_at", "id", True),
    "name": ("sort_name", "id", False),
    "-name": ("sort_name", "id", True),
}


def document(connection: Connection, stem: str, stream: str) -> Document | None:
    """A community, network or organisation; `stem` is the table's."""
    row = connection.exec_driver_sql(
        f"SELECT version, document FROM {stem}_{active(connection, OWN)}"
        f" WHERE id = {mark(connection)}",
        (stream,),
    ).first()
    return Document(row[0], row[1]) if row else None


def names(connection: Connection, stem: str, ids: Collection[str]) -> dict[str, str]:
    """What these communities, networks or organisations are called, by id; `stem` as above."""
    if not ids:
        return {}
    rows = connection.exec_driver_sql(
        f"SELECT id, document FROM {stem}_{active(connection, OWN)}"
        f" WHERE id IN ({marks(connection, len(ids))})",
        tuple(ids),
    )
    return {row[0]: str(msgspec.json.decode(row[1])["name"]) for row in rows}


def list_communities(
    connection: Connection, filters: dict[str, Any], order: str, page: Page, today: date
) -> Listed:
    """A page of communities. `filters` maps columns to values; `network` is a network's id,
    `person` whoever holds a role in them today."""
    generation = active(connection, OWN)
    p = mark(connection)
    conditions, values = [], list[Any]()
    for column, value in filters.items():
        if column == "person":
            conditions.append(
                f"id IN (SELECT community FROM community_roles_{generation} WHERE person = {p}"
                f" AND begins <= {p} AND (ends IS NULL OR ends > {p}))"
            )
            values += [value, today.isoformat(), today.isoformat()]
            continue
        if column == "network":
            conditions.append(
                f"id IN (SELECT community FROM community_networks_{generation} WHERE network = {p})"
            )
        else:
            conditions.append(f"{column} = {p}")
        values.append(value)
    return _page(connection, f"communities_{generation}", conditions, values, order, page)


def list_catalogue(connection: Connection, stem: str, page: Page) -> Listed:
    """A page of networks or organisations, by name."""
    return _page(connection, f"{stem}_{active(connection, OWN)}", [], [], "name", page)


def _page(
    connection: Connection,
    table: str,
    conditions: list[str],
    values: list[Any],
    order: str,
    page: Page,
) -> Listed:
    column, tie, descending = ORDERS[order]
    p = mark(connection)
    if page.after is not None:
        conditions = [*conditions, f"({column}, {tie}) {'<' if descending else '>'} ({p}, {p})"]
        values = [*values, *page.after]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    way = "DESC" if descending else "ASC"
    rows = connection.exec_driver_sql(
        f"SELECT {column}, {tie}, document FROM {table} {where}"
        f" ORDER BY {column} {way}, {tie} {way} LIMIT {p}",
        (*values, page.limit + 1),
    ).all()
    more = len(rows) > page.limit
    rows = rows[: page.limit]
    following: Sequence[Key] = tuple(rows[-1][:2]) if more else ()
    return Listed(
        [msgspec.Raw(row[2].encode()) for row in rows],
        encode_cursor(order, following) if more else None,
    )


def find_network(connection: Connection, named: str) -> str | None:
    """A network's id by its id, or by any name or alias it has or had."""
    generation = active(connection, OWN)
    if is_id(named, "net"):
        sql = f"SELECT id FROM networks_{generation} WHERE id = {mark(connection)}"
        row = connection.exec_driver_sql(sql, (named,)).first()
    else:
        sql = f"SELECT network FROM network_names_{generation} WHERE name_key = {mark(connection)}"
        row = connection.exec_driver_sql(f"{sql} ORDER BY network", (name_key(named),)).first()
    return row[0] if row else None


def network_names_taken(connection: Connection, names: Sequence[str]) -> list[str]:
    """Those of these names that a network has or had."""
    return [name for name in names if find_network(connection, name) is not None]


def registered_by(connection: Connection, person: str, since: datetime) -> list[datetime]:
    """When the person registered communities as themselves since then, the first one first."""
    p = mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT registered_at FROM communities_{active(connection, OWN)} JOIN events"
        " ON stream_id = id AND events.version = 1"
        f" WHERE registered_at > {p} AND actor = {p} AND via = {p} ORDER BY registered_at",
        (rfc3339(since), person, BY_PERSON),
    )
    return [parse_rfc3339(row[0]) for row in rows]


def communities_of(connection: Connection, person: str) -> list[str]:
    """The communities in which a person holds or held a role."""
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT community FROM community_roles_{active(connection, OWN)}"
        f" WHERE person = {mark(connection)} ORDER BY community",
        (person,),
    )
    return [row[0] for row in rows]


def present_roles(connection: Connection, person: str, today: date) -> list[dict[str, str]]:
    """The roles that a person holds today: the role's id, its community, and which it is."""
    p = mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT id, community, role, begins FROM community_roles_{active(connection, OWN)}"
        f" WHERE person = {p} AND begins <= {p} AND (ends IS NULL OR ends > {p})"
        " ORDER BY begins, id",
        (person, today.isoformat(), today.isoformat()),
    )
    return [dict(zip(("id", "community", "role", "from"), row, strict=True)) for row in rows]


def convened_by(connection: Connection, person: str, today: date) -> frozenset[str]:
    """The communities in which the person is convener or co-convener today."""
    held = present_roles(connection, person, today)
    return frozenset(r["community"] for r in held if r["role"] in (CONVENER, CO_CONVENER))


def roles_in(
    connection: Connection, communities: Sequence[str]
) -> list[tuple[str, dict[str, Any]]]:
    """Every role in these communities, as the API shows it, with its person's name."""
    generation = active(connection, OWN)
    rows = connection.exec_driver_sql(
        f"SELECT r.community, r.id, r.person, p.name, r.role, r.begins, r.ends"
        f" FROM community_roles_{generation} r LEFT JOIN people p ON p.id = r.person"
        f" WHERE r.community IN ({marks(connection, len(communities))})"
        " ORDER BY r.community, r.begins, r.id",
        tuple(communities),
    )
    return [
        (
            community,
            {
                "id": role_id,
                "person": person,
                "name": name if name is not None else FORMER,
                "role": role,
                "from": begins,
                "to": ends,
            },
        )
        for community, role_id, person, name, role, begins, ends in rows
    ]


def holds_role(
    connection: Connection, person: str, role: str, communities: Collection[str], today: date
) -> bool:
    """Whether the person holds this role today in any of these communities."""
    return any(
        held["role"] == role and held["community"] in communities
        for held in present_roles(connection, person, today)
    )


def holder_of(connection: Connection, role: str) -> list[str] | None:
    """Who holds or held a role; None where there is no such role."""
    rows = connection.exec_driver_sql(
        f"SELECT person FROM community_roles_{active(connection, OWN)}"
        f" WHERE id = {mark(connection)}",
        (role,),
    )
    return rows.scalars() or None


def networks_of(connection: Connection, community: str) -> list[str] | None:
    """The networks that a community is in; None where there is no such community."""
    generation, p = active(connection, OWN), mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT network FROM communities_{generation} LEFT JOIN community_networks_{generation}"
        f" ON community = id WHERE id = {p} ORDER BY network",
        (community,),
    ).all()
    return [row[0] for row in rows if row[0] is not None] if rows else None


def communities_to_review(connection: Connection, today: date) -> list[str]:
    """Communities that say they have a convener and have none today, or the other way round."""
    generation, p = active(connection, OWN), mark(connection)
    current = (
        f"EXISTS (SELECT 1 FROM community_roles_{generation} AS held"
        f" WHERE held.community = communities_{generation}.id"
        f" AND role = 'convener' AND begins <= {p} AND (ends IS NULL OR ends > {p}))"
    )
    rows = connection.exec_driver_sql(
        f"SELECT id FROM communities_{generation} WHERE state <> 'closed' AND unclaimed = 0"
        f" AND needs_convener = CASE WHEN {current} THEN 1 ELSE 0 END ORDER BY id",
        (today.isoformat(), today.isoformat()),
    )
    return [row[0] for row in rows]


def organisation_with_code(connection: Connection, code: str) -> str | None:
    """The organisation that has an ODS code."""
    row = connection.exec_driver_sql(
        f"SELECT organisation FROM organisation_codes_{active(connection, OWN)}"
        f" WHERE code = {mark(connection)}",
        (code,),
    ).first()
    return row[0] if row else None


def unknown_ids(connection: Connection, stem: str, ids: Sequence[str]) -> list[str]:
    """Those of these ids that the table does not have."""
    if not ids:
        return []
    table = "people" if stem == "people" else f"{stem}_{active(connection, OWN)}"
    rows = connection.exec_driver_sql(
        f"SELECT id FROM {table} WHERE id IN ({marks(connection, len(ids))})", tuple(ids)
    )
    known = {row[0] for row in rows}
    return [wanted for wanted in ids if wanted not in known]
