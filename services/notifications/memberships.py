"""In which communities a person is, and what these are called."""

from collections.abc import Sequence
from datetime import date

from services.notifications.projections.registry import COMMUNITIES, community_name
from shared.connection import Connection
from shared.database import mark
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import load_rows


def communities_of(connection: Connection, person: str, today: date) -> list[tuple[str, str]]:
    """Ids and names of the communities in which a person has a role, by name."""
    generation, p = active(connection, FOLLOWED), mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT community FROM community_people_{generation} WHERE person = {p}"
        f" AND begins <= {p} AND (ends IS NULL OR ends > {p})",
        (person, today.isoformat(), today.isoformat()),
    )
    found = load_rows(connection, COMMUNITIES, generation, [row[0] for row in rows])
    named = [(key, community_name(row["content"])) for key, row in found.items()]
    return sorted(named, key=lambda each: each[1].casefold())


def unknown_communities(connection: Connection, communities: Sequence[str]) -> list[str]:
    """Those of them that are not known here (yet)."""
    generation = active(connection, FOLLOWED)
    known = load_rows(connection, COMMUNITIES, generation, communities)
    return [community for community in communities if community not in known]


def open_community(connection: Connection, community: str) -> bool:
    """Whether it is known here, and not closed."""
    generation = active(connection, FOLLOWED)
    row = load_rows(connection, COMMUNITIES, generation, [community]).get(community)
    return row is not None and row["state"] != "closed"


def name_of(connection: Connection, community: str) -> str:
    generation = active(connection, FOLLOWED)
    row = load_rows(connection, COMMUNITIES, generation, [community]).get(community)
    return community_name(row["content"]) if row else "a community"
