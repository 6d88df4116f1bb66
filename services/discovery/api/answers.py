"""What discovery's calls that change something have in common: appending, answering, dry runs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Response, g

from services.discovery.domain.refusal import Refused
from services.discovery.linking import Linking
from shared.connection import Connection
from shared.eventstore.events import Event
from shared.eventstore.streams import Change
from shared.web.commands import Answer, cause, transact
from shared.web.context import service
from shared.web.errors import refused
from shared.web.forecasts import dry_run_asked, only_forecast


def decided(work: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """What `work(*args, **named)` gives.

    Raises Problem: 409 for a refusal by the present state, else 422.
    """
    try:
        return work(*args, **named)
    except Refused as refusal:
        raise refused(refusal) from refusal


def append(connection: Connection, changes: Iterable[Change]) -> list[Event]:
    """Append to all streams; a dry run sees what it would have told."""
    found = service().streams.append(connection, changes, cause=cause(), now=service().clock.now())
    g.told = [*g.get("told", ()), *found]
    return found


def linking(connection: Connection) -> Linking:
    return Linking(service(), connection, append)


def changing(work: Callable[[Connection], Answer]) -> Response:
    """Do `work` in one transaction; where `dry_run=true` is taken and asked, only say how many."""
    if not dry_run_asked():
        return transact(service(), work)

    def events(connection: Connection) -> Sequence[Event]:
        g.told = []
        work(connection)
        return list(g.told)

    return only_forecast(service(), events)
