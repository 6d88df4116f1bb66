"""Which sessions each kind of feed holds, and a mark of them that changes when the feed does."""

import hashlib
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from typing import Any

from services.scheduling import queries
from services.scheduling.projections.own import SESSIONS
from services.scheduling.queries import Found
from shared.connection import Connection
from shared.database import mark
from shared.projection.generations import OWN, active

_FORMAT = "2"  # of the feeds; raised when the same sessions are written otherwise
_ZONES = version("tzdata")  # a zone's rules may change with it
Versions = list[tuple[str, int]]


def of_cohort(connection: Connection, cohort: str) -> Versions:
    p = mark(connection)
    return _versions(connection, f"cohort = {p}", (cohort,))


def of_community(connection: Connection, community: str, today: date) -> Versions:
    """From the beginning of last year on: a calendar is no archive."""
    p = mark(connection)
    where = (
        f"id IN (SELECT session FROM session_communities_{active(connection, OWN)}"
        f" WHERE community = {p} AND day >= {p})"
    )
    return _versions(connection, where, (community, f"{today.year - 1}-01-01"))


def of_person(connection: Connection, person: str, today: date) -> Versions:
    """What they take part in by their cohort, said yes to, or have a role at; not what they said
    no to."""
    n, p = active(connection, OWN), mark(connection)
    where = (
        f"day >= {p} AND (cohort IN (SELECT cohort FROM applications_{n}"
        f" WHERE person = {p} AND state = 'accepted')"
        f" OR id IN (SELECT session FROM attendance_people_{n} WHERE person = {p} AND coming = 1)"
        f" OR id IN (SELECT session FROM session_roles_{n} WHERE person = {p}))"
        f" AND id NOT IN (SELECT session FROM attendance_people_{n}"
        f" WHERE person = {p} AND reply = 'no')"
    )
    since = f"{today.year - 1}-01-01"
    return _versions(connection, where, (since, person, person, person, person))


def _versions(connection: Connection, where: str, values: tuple[Any, ...]) -> Versions:
    rows = connection.exec_driver_sql(
        f"SELECT id, version FROM sessions_{active(connection, OWN)} WHERE {where} ORDER BY id",
        values,
    )
    return [(row[0], row[1]) for row in rows]


def etag(versions: Versions, name: str, told: Sequence[str] = ()) -> str:
    """The same for as long as the feed is; `told` are the sessions whose address to join it has."""
    told = f"{_FORMAT} {_ZONES} {name} {versions} {' '.join(told)}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def sessions(connection: Connection, versions: Versions) -> list[Found]:
    """The sessions themselves, by their dates."""
    found: list[Found] = []
    ids = [key for key, _ in versions]
    for start in range(0, len(ids), 500):
        found += queries.many(connection, SESSIONS, ids[start : start + 500])
    return sorted(found, key=_order)


def _order(found: Found) -> tuple[date, str, str, str]:
    when = found.state.known.when
    return when.date, when.start, when.occurrence, found.id
