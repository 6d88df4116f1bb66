"""What becomes of a community's links when it ends: they end too, or go on with its successor."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from services.discovery import links
from services.discovery.domain.link import ACCEPTED, PROPOSED, Link
from services.discovery.domain.link_decisions import Close, Known, TakeOver, decide
from services.discovery.linking import NOTHING, in_turn, known, load
from shared.connection import Connection
from shared.eventstore.events import Cause, Event
from shared.eventstore.streams import Change
from shared.identifiers import derived_id
from shared.projection.reactions import Reaction
from shared.service import Service

CLOSED_EVENT = "registry.community.closed"
_GOES_ON = ("merged", "absorbed")  # of one that split, nobody can say which part has its links


def ends_links(service: Callable[[], Service]) -> Reaction:
    """A community that closes ends its links; one that merges hands them to its successor.

    Proposals are no agreement: they end, and the other side hears where the community went. Nor is
    one that is open between the successor and the other side accepted by that.
    """

    def perform(connection: Connection, event: Event, cause: Cause, now: datetime) -> None:
        in_turn(connection)
        told: dict[str, Any] = msgspec.json.decode(event.data)
        ending, into = str(told.get("ending") or "closed"), tuple(told.get("into") or ())
        successor = None
        if ending in _GOES_ON and len(into) == 1:
            successor = still_open(connection, into[0])
        changes: list[Change] = []
        for found in links.live_of(connection, [event.stream]):
            close = Close(event.stream, ending, into)
            changes += _closed(service(), connection, found.link, close, successor)
        service().streams.append(connection, changes, cause=cause, now=now)

    return Reaction("end or hand on links", frozenset({CLOSED_EVENT}), perform)


def still_open(connection: Connection, community: str) -> str | None:
    """The community itself; or, where it has ended too, the one open community that it went into.

    Closings may be carried out in another order than they happened in.
    """
    seen: set[str] = set()
    while community not in seen:
        seen.add(community)
        about: Known | None = known(connection, [community]).get(community)
        if about is None or not about.closed:
            return community
        if len(about.into) != 1:
            return None
        community = about.into[0]
    return None


def _closed(
    service: Service, connection: Connection, link: Link, close: Close, successor: str | None
) -> list[Change]:
    """The changes to one link, and to the one that goes on in its place.

    Where the other side has closed too, its own turn is still to come, and finds what goes on here.
    """
    before, other = load(connection, service, link.id), link.other(close.side)
    goes_on = link.state == ACCEPTED and successor not in (None, other)
    if not goes_on or successor is None:
        return before.changes(decide(before.link, close))
    one, two = link.communities
    both = (successor, two) if one == close.side else (one, successor)
    there = links.between(connection, *both)
    if there and there.link.state == PROPOSED:  # which waits for its own answer
        return before.changes(decide(before.link, close))
    now = load(connection, service, there.id) if there else NOTHING
    new = there.id if there else derived_id("lnk", link.id, successor)
    take_over = TakeOver(new, both, link.purpose, link.id, close.side, successor)
    ended = decide(before.link, Close(close.side, close.ending, close.into, new))
    return [*before.changes(ended), *now.changes(decide(now.link, take_over))]
