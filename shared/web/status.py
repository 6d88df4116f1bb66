"""A service's own account of how far it is: for `hedgerow status` and for metrics."""

from typing import Any

from shared.clock import rfc3339
from shared.connection import Connection
from shared.projection import dead_letters
from shared.projection.generations import FOLLOWED, active
from shared.projection.inbox import DIVERGENCE, FAILED, GAP
from shared.projection.positions import positions
from shared.projection.reactions import pending
from shared.service import Service
from shared.stream import relay
from shared.web.troubles import troubles

_START = "0-0-0"


def status(service: Service) -> dict[str, Any]:
    """Positions are cursors of stores where the transport is a feed; see docs/operating.md."""
    with service.database.read() as connection:
        head = service.store.head(connection)
        waiting = dead_letters.counts(connection)
        return {
            "service": service.name,
            "now": rfc3339(service.clock.now()),
            "head": str(head),
            "events": connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one(),
            "relay": _relay(service, connection),
            "consumers": _consumers(service, connection),
            "dead_letters": waiting[FAILED],
            "divergences": waiting[DIVERGENCE],
            "troubles": [each._asdict() for each in troubles(service, connection)],
            "held_back": service.store.held_back(connection),
            "pending": {
                "reactions": pending(connection, service.reactions),
                "events waiting for an earlier one": waiting[GAP],
                **{what: count(connection) for what, count in service.pending.items()},
            },
        }


def _relay(service: Service, connection: Connection) -> dict[str, Any] | None:
    if service.settings.kafka is None:
        return None
    position = relay.position(connection)
    lag = service.store.count_after(connection, position)
    waiting = service.store.read(connection, position, 1)
    oldest = (service.clock.now() - waiting[0].time).total_seconds() if waiting else 0.0
    return {
        "position": str(position),
        "at_head": lag == 0,
        "lag": lag,
        "oldest_seconds": round(max(0.0, oldest), 3),
    }


def _consumers(service: Service, connection: Connection) -> list[dict[str, Any]]:
    reports = {
        row[0]: row
        for row in connection.exec_driver_sql(
            "SELECT source, transport, lag, looked_at, error FROM consumer_reports"
        )
    }
    found = []
    for source in service.follows:
        stored = positions(connection, active(connection, FOLLOWED), source)
        report = reports.get(source)
        found.append(
            {
                "source": source,
                "transport": "feed" if service.settings.kafka is None else "kafka",
                "position": stored.get(f"{source}/feed", _START),
                "lag": report[2] if report else None,
                "looked_at": report[3] if report else None,
                "error": report[4] if report else None,
            }
        )
    return found
