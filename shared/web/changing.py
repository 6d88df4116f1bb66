"""Changes that email people: carried out, or only counted where `dry_run=true` is asked."""

from collections.abc import Callable, Iterable, Sequence

from flask import Response, g

from shared.connection import Connection
from shared.eventstore.events import Event
from shared.eventstore.streams import Change
from shared.web.commands import Answer, cause, transact
from shared.web.context import service
from shared.web.forecasts import dry_run_asked, only_forecast


def append(connection: Connection, changes: Iterable[Change]) -> list[Event]:
    """Append to all streams; a dry run sees what it would have told."""
    found = service().streams.append(connection, changes, cause=cause(), now=service().clock.now())
    g.told = [*g.get("told", ()), *found]
    return found


def changing(work: Callable[[Connection], Answer]) -> Response:
    """Do `work` in one transaction; where `dry_run=true` is taken and asked, only say how many."""
    if not dry_run_asked():
        return transact(service(), work)

    def events(connection: Connection) -> Sequence[Event]:
        g.told = []
        work(connection)
        return list(g.told)

    return only_forecast(service(), events)
