"""What scheduling's calls have in common: running deciders, refusals, and what is not there."""

from collections.abc import Callable, Sequence
from typing import Any

from services.scheduling import queries, reasons
from services.scheduling.domain.refusal import Refused
from services.scheduling.queries import Found
from shared.connection import Connection
from shared.eventstore.events import Event
from shared.eventstore.streams import Change, Decider, Loaded
from shared.projection.projection import Projection
from shared.web.callers import caller
from shared.web.changing import append
from shared.web.commands import check_version
from shared.web.context import service
from shared.web.errors import not_found, refused

WORDS = {
    "programmes": "programme",
    "cohorts": "cohort",
    "sessions": "session",
    "applications": "application",
}


def decided(work: Callable[..., Any], *args: Any, within: str = "") -> Any:
    """What `work(*args)` gives. Raises Problem for a refusal."""
    try:
        return work(*args)
    except Refused as refusal:
        raise refused(refusal, within) from refusal


def handle(
    connection: Connection,
    decider: Decider[Any, Any, Any],
    stream: str,
    command: object,
    *,
    named: bool = True,
) -> Loaded[Any]:
    """Carry out one command on one stream; at the version in If-Match, if it is the `named` one."""
    loaded = service().streams.load(connection, decider, stream)
    if named:
        check_version(stream, loaded.version)
    events = decided(decider.decide, loaded.state, command)
    stored = append(connection, [Change(stream, loaded.version, events)])
    keep_reason(connection, stored, command)
    state = loaded.state
    for event in events:
        state = decider.evolve(state, event)
    return Loaded(state, loaded.version + len(events))


def keep_reason(connection: Connection, stored: Sequence[Event], command: object) -> None:
    """Keep the words of why it was done, where the command gives any, beside its events."""
    if reason := getattr(command, "reason", None):
        reasons.keep(connection, stored, reason, caller().actor, service().clock.now())


def require(connection: Connection, projection: Projection, stream: str) -> Found:
    """Raises Problem 404 where there is no such thing."""
    found = queries.one(connection, projection, stream)
    if found is None:
        raise not_found(f"There is no {WORDS[projection.table]} {stream}.")
    return found
