"""Who may do what at the registry, from its own tables."""

from collections.abc import Collection, Sequence
from datetime import date

from services.registry import queries
from services.registry.domain.roles import CO_CONVENER, CONVENER, MEMBER
from services.registry.identity.grants import queries as grants
from services.registry.identity.grants.decider import Grant
from services.registry.identity.sessions import queries as sessions
from shared.connection import Connection
from shared.http.policies import Kind

_ROLES = {Kind.CONVENER: CONVENER, Kind.CO_CONVENER: CO_CONVENER, Kind.MEMBER: MEMBER}


class RegistryAuthority:
    """See `shared.http.policies.Authority`."""

    def has_ended(self, connection: Connection, person: str, session: str) -> bool:
        found = sessions.by_id(connection, session)
        return found is None or found.person != person

    def holds(
        self, connection: Connection, kind: Kind, person: str, things: Collection[str], today: date
    ) -> bool:
        if role := _ROLES.get(kind):
            return queries.holds_role(connection, person, role, things, today)
        if kind is Kind.LEAD:
            return grants.holds(connection, person, Grant.NETWORK_LEAD, things)
        return kind is Kind.OPERATOR and grants.holds(connection, person, Grant.OPERATOR, (None,))

    def things(
        self, connection: Connection, about: str, named: str, value: str
    ) -> Sequence[str] | None:
        if (about, named) == ("network", "community"):
            return queries.networks_of(connection, value)
        if (about, named) == ("person", "role_id"):
            return queries.holder_of(connection, value)
        return None
