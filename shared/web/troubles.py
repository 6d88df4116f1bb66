"""What is not well in a service, as far as its database knows: for status and metrics."""

from datetime import timedelta

from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark
from shared.service import Service, Trouble

_SIGNS_LIMIT = timedelta(seconds=90)
_FAILURES_LIMIT = timedelta(minutes=15)  # said again at each round; older ones are of the dead
_AT_MOST = 20


def troubles(service: Service, connection: Connection) -> list[Trouble]:
    return [
        *_silent_worker(service, connection),
        *_failing_loops(service, connection),
        *_failing_reactions(service, connection),
        *_failed_rebuild(connection),
        *service.troubles(connection),
    ]


def _silent_worker(service: Service, connection: Connection) -> list[Trouble]:
    """Of several workers one is enough; where there never was one, none is missed."""
    seen = connection.exec_driver_sql("SELECT max(seen_at) FROM worker_signs").scalar_one()
    if seen is None or service.clock.now() - parse_rfc3339(seen) <= _SIGNS_LIMIT:
        return []
    words = f"its worker has given no sign of life since {seen}: its log says why"
    return [Trouble("worker", words, seen)]


def _failing_loops(service: Service, connection: Connection) -> list[Trouble]:
    recent = rfc3339(service.clock.now() - _FAILURES_LIMIT)
    rows = connection.exec_driver_sql(
        "SELECT loop, min(since), max(error) FROM loop_failures"
        f" WHERE at >= {mark(connection)} GROUP BY loop ORDER BY loop",
        (recent,),
    )
    return [
        Trouble(f"loop: {loop}", f"the worker's loop {loop} fails: {error}", since)
        for loop, since, error in rows
    ]


def _failing_reactions(service: Service, connection: Connection) -> list[Trouble]:
    names = {reaction.name for reaction in service.reactions}
    rows = connection.exec_driver_sql(
        "SELECT name, count(*), min(due), max(error) FROM reactions"
        " WHERE state = 'pending' AND attempts > 0 AND error IS NOT NULL"
        f" GROUP BY name ORDER BY name LIMIT {_AT_MOST}"
    )
    return [
        Trouble(f"reaction: {name}", f"{count:,} of the reaction {name} fail: {error}", due)
        for name, count, due, error in rows
        if name in names
    ]


def _failed_rebuild(connection: Connection) -> list[Trouble]:
    rows = connection.exec_driver_sql("SELECT error, at FROM rebuilds WHERE state = 'failed'")
    return [Trouble("rebuild", f"its last rebuild failed: {error}", at) for error, at in rows]
