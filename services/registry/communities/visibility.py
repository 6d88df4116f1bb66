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
    everyone = queries.roles_in(connection, communities)
    convened = {c for c, role in everyone if _convenes_by(role, reader.person, today)}
    shown = [
        (community, role)
        for community, role in everyone
        if community in convened
        or role["role"] in CONVENING
        or role["person"] == reader.person
        or reader.all_of_it
    ]
    if len(shown) < len(everyone) and sees_everyone(connection, reader):  # asked where it matters
        shown = everyone
    found: dict[str, list[dict[str, Any]]] = {}
    for community, role in shown:
        found.setdefault(community, []).append(role)
    return found


def _convenes_by(role: Mapping[str, Any], person: str, today: date) -> bool:
    """Whether it is by this role that a person convenes the community today."""
    return (
        role["person"] == person
        and role["role"] in CONVENING
        and role["from"] <= str(today)
        and (role["to"] is None or role["to"] > str(today))
    )


def sees_everyone(connection: Connection, reader: Reader) -> bool:
    return reader.all_of_it or grants.holds(connection, reader.person, Grant.OPERATOR, (None,))


def sees_members(connection: Connection, community: str, reader: Reader, today: date) -> bool:
    """Whether all who belong to a community, and who did what there, are for this reader."""
    return sees_everyone(connection, reader) or convenes(connection, community, reader, today)


def convenes(connection: Connection, community: str, reader: Reader, today: date) -> bool:
    return community in queries.convened_by(connection, reader.person, today)
