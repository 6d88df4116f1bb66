"""Who belongs to a community, as far as a reader may see it.

Conveners and co-conveners are shown to whoever has signed in, members to the community's conveners,
everything to operators, one's own roles to oneself; to anyone else nobody is shown.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from services.registry import queries
from services.registry.domain.roles import CO_CONVENER, CONVENER
from services.registry.identity.grants import queries as grants
from services.registry.identity.grants.decider import Grant
from shared.connection import Connection

CONVENING = (CONVENER, CO_CONVENER)


class Reader(NamedTuple):
    """`person` is who has signed in, or empty; `all_of_it` is for the platform's own tokens."""

    person: str
    all_of_it: bool

    @property
    def is_anyone(self) -> bool:
        return not self.person and not self.all_of_it


def visible_roles(
    connection: Connection, communities: Sequence[str], reader: Reader, today: date
) -> Mapping[str, list[dict[str, Any]]]:
    """The roles in each of these communities that the reader may see, with their people's names."""
    if reader.is_anyone or not communities:
        return {}
    sees_all = reader.all_of_it or grants.holds(connection, reader.person, Grant.OPERATOR, (None,))
    convened = () if sees_all else queries.convened_by(connection, reader.person, today)
    found: dict[str, list[dict[str, Any]]] = {}
    for community, role in queries.roles_in(connection, communities):
        if (
            sees_all
            or community in convened
            or role["role"] in CONVENING
            or role["person"] == reader.person
        ):
            found.setdefault(community, []).append(role)
    return found


def sees_everyone(connection: Connection, reader: Reader) -> bool:
    return reader.all_of_it or grants.holds(connection, reader.person, Grant.OPERATOR, (None,))


def sees_members(connection: Connection, community: str, reader: Reader, today: date) -> bool:
    """Whether all who belong to a community, and who did what there, are for this reader."""
    return sees_everyone(connection, reader) or convenes(connection, community, reader, today)


def convenes(connection: Connection, community: str, reader: Reader, today: date) -> bool:
    return community in queries.convened_by(connection, reader.person, today)
