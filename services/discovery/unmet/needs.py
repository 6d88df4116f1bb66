"""Unmet needs: what three different askers looked for, in words like one another's, and found not.

How many askers there are is counted within one salt's 30 days only: two hashes of different salts
may be of one and the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.discovery.unmet import askers, store
from services.discovery.unmet.grouping import stars
from services.discovery.unmet.store import Stored
from shared.connection import Connection
from shared.service import Service

LEAST_ASKERS = 3
SHOWN_FOR = timedelta(days=180)  # after it was last asked
_WAITS_FOR = timedelta(days=30)  # for others to ask the same


class UnmetNeed(NamedTuple):
    """What was asked, in the words most typical of it; how many asked, at least.

    `first` and `last` are RFC 3339; `networks` are those it was asked of, empty where of all.
    """

    text: str
    askers: int
    first: str
    last: str
    networks: tuple[str, ...]
    rows: tuple[str, ...]


def unmet_needs(
    connection: Connection, as_of: datetime, network: str | None = None
) -> list[UnmetNeed]:
    """What is shown as unmet: most asked first. With `network`, of that one or of all."""
    rows = store.rows(connection, as_of - SHOWN_FOR, as_of, network)
    groups = ([rows[n] for n in star] for star in stars([r.vector for r in rows], LEAST_ASKERS))
    found = [_need(group) for group in groups]
    shown = [need for need in found if need.askers >= LEAST_ASKERS]
    return sorted(shown, key=lambda need: (-need.askers, need.text))


def _need(group: Sequence[Stored]) -> UnmetNeed:
    times = sorted(row.at for row in group)
    hashes: dict[str, set[str]] = {}
    for row in group:
        hashes.setdefault(row.salt, set()).add(row.asker)
    return UnmetNeed(
        text=group[0].text,
        askers=max(map(len, hashes.values())),
        first=times[0],
        last=times[-1],
        networks=tuple(sorted({row.network for row in group} - {""})),
        rows=tuple(row.id for row in group),
    )


def tidy(service: Service, now: datetime) -> None:
    """Throw the salt away in its time, and the words that nobody else has asked since."""
    with service.database.write() as connection:
        askers.throw_away(connection, now)
        if store.is_any_older(connection, now - _WAITS_FOR):
            shown = [name for need in unmet_needs(connection, now) for name in need.rows]
            store.delete_older(connection, now - _WAITS_FOR, but=shown)
            store.delete_older(connection, now - SHOWN_FOR)
