"""Who may do what, as a service knows it that follows the registry: sessions, grants, roles.

The registry itself has these in its own tables; every other service has the three projections here
among its followed ones.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark
from shared.eventstore.events import Event
from shared.http.policies import Kind
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import Projection, Row

# From something that a request names to what a policy is about: of ("community", "session") the
# communities that hold a session. None where there is no such thing.
Finder = Callable[[Connection, str], Sequence[str] | None]
Finders = Mapping[tuple[str, str], Finder]

RESTORED = "registry.person.restored"
MEMBERSHIP = "registry.membership."
STARTED, ENDED_ROLE = MEMBERSHIP + "started", MEMBERSHIP + "ended"
_ROLES = {Kind.CONVENER: "convener", Kind.CO_CONVENER: "co-convener", Kind.MEMBER: "member"}
_GRANTS = {Kind.OPERATOR: "operator", Kind.LEAD: "network-lead", Kind.TEAM: "programme-team"}


# --- projections ---


def fold_ended(_row: Row | None, event: Event) -> Row | None:
    """What has ended: a session by its own id, a person who was erased or suspended by theirs."""
    if event.type == RESTORED:
        return None
    return {"id": event.stream, "ended_at": rfc3339(event.time)}


def fold_grant(_row: Row | None, event: Event) -> Row | None:
    if event.type == "registry.grant.ended":
        return None
    data: dict[str, Any] = msgspec.json.decode(event.data)
    return {
        "id": event.stream,
        "person": data["person"],
        "kind": data["grant"],
        "scope": data.get("scope"),
    }


def fold_role(row: Row | None, event: Event) -> Row:
    """A role that somebody holds or held."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    if row is not None and event.type.endswith("ended"):
        return row | {"ends": data["ends"]}
    return {
        "id": data["role_id"],
        "community": data["community"],
        "person": data.get("person"),
        "role": data.get("role"),
        "begins": data.get("begins"),
        "ends": data.get("ends"),
    }


def community_of(event: Event) -> str:
    """Which community one of the registry's events is of: who belongs to it has its own stream."""
    if not event.type.startswith(MEMBERSHIP):
        return event.stream
    found: dict[str, Any] = msgspec.json.decode(event.data)
    return str(found["community"])


def _role_id(event: Event) -> str:
    found: dict[str, Any] = msgspec.json.decode(event.data)
    return str(found["role_id"])


ENDED = Projection(
    table="ended_identities",
    columns=("id", "ended_at"),
    types={
        "registry.sign-in.ended": 1,
        "registry.person.erased": 1,
        "registry.person.suspended": 1,
        RESTORED: 1,
    },
    fold=fold_ended,
)
GRANTS = Projection(
    table="granted",
    columns=("id", "person", "kind", "scope"),
    types={"registry.grant.given": 1, "registry.grant.ended": 1},
    fold=fold_grant,
)
ROLES = Projection(
    table="held_roles",
    columns=("id", "community", "person", "role", "begins", "ends"),
    types={STARTED: 1, ENDED_ROLE: 1},
    fold=fold_role,
    key=_role_id,
)
PROJECTIONS = (ENDED, GRANTS, ROLES)


# --- what they tell ---


class FollowedAuthority:
    """See `shared.http.policies.Authority`. `finders` are the service's own."""

    def __init__(self, finders: Finders) -> None:
        self._finders = finders

    def has_ended(self, connection: Connection, person: str, session: str) -> bool:
        p = mark(connection)
        found = connection.exec_driver_sql(
            f"SELECT 1 FROM ended_identities_{active(connection, FOLLOWED)} WHERE id IN ({p}, {p})",
            (person, session),
        )
        return found.first() is not None

    def holds(
        self, connection: Connection, kind: Kind, person: str, things: Collection[str], today: date
    ) -> bool:
        if role := _ROLES.get(kind):
            return not set(things).isdisjoint(communities_of(connection, person, role, today))
        if grant := _GRANTS.get(kind):
            scopes = granted(connection, person, grant)
            if kind is not Kind.TEAM:
                return (kind is Kind.OPERATOR and bool(scopes)) or not scopes.isdisjoint(things)
            if None in scopes or not things:
                return bool(scopes)
            return not scopes.isdisjoint(self._programmes(connection, things))
        return False

    def _programmes(self, connection: Connection, cohorts: Collection[str]) -> set[str]:
        """A team is granted a programme, with all of its cohorts."""
        find = self._finders.get(("programme", "cohort"))
        found = [find(connection, cohort) or () for cohort in cohorts] if find else []
        return {programme for programmes in found for programme in programmes}

    def things(
        self, connection: Connection, about: str, named: str, value: str
    ) -> Sequence[str] | None:
        find = self._finders.get((about, named))
        return None if find is None else find(connection, value)


def communities_of(connection: Connection, person: str, role: str, today: date) -> frozenset[str]:
    """Where a person holds this role today."""
    p, day = mark(connection), today.isoformat()
    rows = connection.exec_driver_sql(
        f"SELECT community FROM held_roles_{active(connection, FOLLOWED)} WHERE person = {p}"
        f" AND role = {p} AND begins <= {p} AND (ends IS NULL OR ends > {p})",
        (person, role, day, day),
    )
    return frozenset(row[0] for row in rows)


def convened(connection: Connection, person: str, today: date) -> frozenset[str]:
    """The communities that a person convenes today, or helps to convene."""
    p, day = mark(connection), today.isoformat()
    rows = connection.exec_driver_sql(
        f"SELECT community FROM held_roles_{active(connection, FOLLOWED)} WHERE person = {p}"
        f" AND role IN ('convener', 'co-convener') AND begins <= {p}"
        f" AND (ends IS NULL OR ends > {p})",
        (person, day, day),
    )
    return frozenset(row[0] for row in rows)


def granted(connection: Connection, person: str, grant: str) -> frozenset[str | None]:
    """The scopes of what a person was granted of one kind; None is all of them."""
    p = mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT scope FROM granted_{active(connection, FOLLOWED)}"
        f" WHERE person = {p} AND kind = {p}",
        (person, grant),
    )
    return frozenset(row[0] for row in rows)
