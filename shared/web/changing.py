"""Changes that email people: carried out, or only counted where `dry_run=true` is asked."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Response, g

from shared.connection import Connection
from shared.eventstore.events import Event
from shared.eventstore.streams import Change
from shared.web.commands import Answer, cause, transact
from shared.web.context import service
from shared.web.forecasts import WouldBe, dry_run_asked, only_forecast


def append(connection: Connection, changes: Iterable[Change]) -> list[Event]:
    """Append to all streams; a dry run sees what it would have told."""
    found = service().streams.append(connection, changes, cause=cause(), now=service().clock.now())
    g.told = [*g.get("told", ()), *found]
    return found


def changing(
    work: Callable[[Connection], Answer], tell: Callable[[WouldBe], dict[str, Any]] | None = None
) -> Response:
    """Do `work` in one transaction.

    Where `dry_run=true` is taken and asked, only say how many would be told, and the warnings; or
    what `tell` says of what would be.
    """
    if not dry_run_asked():
        return transact(service(), work)

    def would_be(connection: Connection) -> WouldBe:
        g.told = []
        body = work(connection).body
        warnings = body.get("warnings") if isinstance(body, Mapping) else None
        return WouldBe(list(g.told), warnings)

    return only_forecast(service(), would_be, tell)
