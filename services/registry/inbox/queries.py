"""What waits for a person: their address to confirm, their roles that end soon; for operators the
communities to look at."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import msgspec

from services.registry.domain.community import PROPOSED
from services.registry.domain.roles import CO_CONVENER, CONVENER
from services.registry.identity.addresses import handlers as addresses
from services.registry.identity.grants import queries as grants
from services.registry.identity.grants.decider import Grant
from services.registry.rules import ROLE_ENDS_SOON
from shared.clock import parse_rfc3339
from shared.connection import Connection
from shared.database import mark
from shared.http.inbox import Waiting
from shared.projection.generations import OWN, active

_MOST = 200  # communities of a kind that one inbox tells of: whoever has more works through a list


def waiting_for(connection: Connection, person: str, now: datetime) -> Iterator[Waiting]:
    """See `shared.http.inbox`."""
    for change in addresses.waiting(connection, person, now):
        yield Waiting(
            "address-to-confirm",
            change.id,
            change.address or "",
            change.asked_at,
            f"/people/{person}/address-changes/{change.id}/completion",
            change.expires,
        )
    yield from _roles_that_end(connection, person, now.date())
    if grants.holds(connection, person, Grant.OPERATOR, (None,)):
        yield from _communities(connection, "community-proposed", f"state = '{PROPOSED}'", "state")
        yield from _communities(connection, "convener-needed", "needs_convener = 1", "roles")


def _roles_that_end(connection: Connection, person: str, today: date) -> Iterator[Waiting]:
    """Whoever convenes is told in time to find who goes on."""
    generation, p = active(connection, OWN), mark(connection)
    rows = connection.exec_driver_sql(
        "SELECT held.id, held.community, held.begins, held.ends, document"
        f" FROM community_roles_{generation} AS held"
        f" JOIN communities_{generation} AS its ON its.id = held.community"
        f" WHERE held.person = {p} AND held.role IN ({p}, {p}) AND its.state <> 'closed'"
        f" AND held.begins <= {p} AND held.ends > {p} AND held.ends <= {p}",
        (
            *(person, CONVENER, CO_CONVENER, today.isoformat(), today.isoformat()),
            (today + ROLE_ENDS_SOON).isoformat(),
        ),
    )
    for role_id, community, begins, ends, document in rows:
        since = max(_midnight(begins), _midnight(ends) - ROLE_ENDS_SOON)
        action = f"/communities/{community}/roles/{role_id}"
        yield Waiting("role-ends", role_id, _name(document), since, action, _midnight(ends))


def _communities(
    connection: Connection, kind: str, condition: str, action: str
) -> Iterator[Waiting]:
    rows = connection.exec_driver_sql(
        f"SELECT id, registered_at, document FROM communities_{active(connection, OWN)}"
        f" WHERE {condition} AND state <> 'closed' ORDER BY registered_at, id LIMIT {_MOST}"
    )
    for community, registered_at, document in rows:
        yield Waiting(
            kind,
            community,
            _name(document),
            parse_rfc3339(registered_at),
            f"/communities/{community}/{action}",
        )


def _name(document: str) -> str:
    return str(msgspec.json.decode(document)["name"])


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
