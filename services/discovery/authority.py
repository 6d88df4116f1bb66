"""Who may do what in discovery: what a request names, and whose it is."""

from collections.abc import Sequence

from services.discovery import links
from services.discovery.networks import Networks
from services.discovery.projections.registry import NETWORKS
from services.discovery.saved import store
from shared.connection import Connection
from shared.projection.follow import Mark, rows_since
from shared.projection.generations import FOLLOWED, active
from shared.service.authority import Finders

_FIRST = -(2**62)  # before any mark


def _sides(connection: Connection, link: str) -> Sequence[str] | None:
    found = links.one(connection, link)
    return None if found is None else found.link.communities


def _who_saved(connection: Connection, search: str) -> Sequence[str] | None:
    row = store.one(connection, search)
    return None if row is None else [row["person"]]


def _network(connection: Connection, named: str) -> Sequence[str]:
    """By its id, or by any name or alias, as everywhere."""
    networks = Networks()
    rows = rows_since(connection, NETWORKS, Mark(active(connection, FOLLOWED), _FIRST))
    networks.learn((row["id"], row["content"]) for row in rows)
    found = networks.find(named)
    return [] if found is None else [found]


def _itself(_connection: Connection, value: str) -> Sequence[str]:
    return [value]


FINDERS: Finders = {
    ("community", "from"): _itself,
    ("community", "link"): _sides,
    ("person", "search"): _who_saved,
    ("person", "person"): _itself,
    ("network", "network"): _network,
}
