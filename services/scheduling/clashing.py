"""Which sessions may be in the way of one: looked up by the day, with what they have in common."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx

from services.scheduling import known, queries
from services.scheduling.domain import clashes
from services.scheduling.domain.clashes import Other
from services.scheduling.domain.plan_rules import Warned
from services.scheduling.domain.session import Particulars
from services.scheduling.domain.wall_clock import NEAR, When
from services.scheduling.projections.own import SESSIONS
from shared.connection import Connection
from shared.database import mark, marks
from shared.foundation.http_client import shared_client, url_path
from shared.projection.generations import OWN, active
from shared.settings import Settings

_PATIENCE = 0.3  # seconds; without discovery there are fewer warnings
Condition = tuple[str, list[Any]]


def clash_warnings(
    connection: Connection, session_id: str, session: Particulars, related: Sequence[str] = ()
) -> list[Warned]:
    """A warning for each session that overlaps this one and has something to do with it."""
    others = others_on(connection, session_id, session, session.when, related, days=1)
    return clashes.clashes(session.when, others, session_id)


def others_on(
    connection: Connection,
    session_id: str,
    session: Particulars,
    around: When,
    related: Sequence[str],
    *,
    days: int,
) -> list[Other]:
    """The sessions that may be in the way on so many days, each by the closest thing in common."""
    window = (
        (around.date - NEAR).isoformat(),
        (around.date + timedelta(days=days - 1) + NEAR).isoformat(),
    )
    because: dict[str, str] = {}
    for words, condition in _relations(connection, session_id, session, related):
        for found in _ids(connection, condition, window):
            because.setdefault(found, words)
    because.pop(session_id, None)
    found_sessions: list[queries.Found] = []
    keys = list(because)
    for start in range(0, len(keys), 500):
        found_sessions += queries.many(connection, SESSIONS, keys[start : start + 500])
    return [
        Other(f.id, f.state.known.title, f.state.known.when, because[f.id]) for f in found_sessions
    ]


def _relations(
    connection: Connection, session_id: str, session: Particulars, related: Sequence[str]
) -> list[tuple[str, Condition | None]]:
    communities, day = session.communities, session.when.date
    people = [*_with_roles(connection, session_id), *known.conveners(connection, communities, day)]
    convened = known.convened_by(connection, people, day)
    return [
        (clashes.SAME_COHORT, _of_cohort(connection, session.cohort)),
        (clashes.SAME_COMMUNITY, _of_communities(connection, communities)),
        (clashes.SAME_PEOPLE, _of_people(connection, people)),
        (clashes.SAME_PEOPLE, _of_communities(connection, convened)),
        (clashes.LINKED, _of_communities(connection, known.linked(connection, communities))),
        (clashes.RELATED, _of_communities(connection, related)),
    ]


def _of_cohort(connection: Connection, cohort: str | None) -> Condition | None:
    return (f"cohort = {mark(connection)}", [cohort]) if cohort else None


def _of_communities(connection: Connection, ids: Sequence[str]) -> Condition | None:
    if not ids:
        return None
    sql = (
        f"id IN (SELECT session FROM session_communities_{active(connection, OWN)}"
        f" WHERE community IN ({marks(connection, len(ids))})"
        f" AND day >= {mark(connection)} AND day <= {mark(connection)})"
    )
    return sql, list(ids)


def _of_people(connection: Connection, people: Sequence[str]) -> Condition | None:
    if not people:
        return None
    sql = (
        f"id IN (SELECT session FROM session_roles_{active(connection, OWN)}"
        f" WHERE person IN ({marks(connection, len(people))}))"
    )
    return sql, list(people)


def _ids(connection: Connection, condition: Condition | None, window: tuple[str, str]) -> list[str]:
    if condition is None:
        return []
    sql, values = condition
    p = mark(connection)
    inner = window if "session_communities" in sql else ()
    rows = connection.exec_driver_sql(
        f"SELECT id FROM sessions_{active(connection, OWN)} WHERE {sql}"
        f" AND day >= {p} AND day <= {p} AND state = 'planned'",
        (*values, *inner, *window),
    )
    return [row[0] for row in rows]


def _with_roles(connection: Connection, session_id: str) -> list[str]:
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT person FROM session_roles_{active(connection, OWN)}"
        f" WHERE session = {mark(connection)}",
        (session_id,),
    )
    return [row[0] for row in rows]


def related_communities(settings: Settings, communities: Sequence[str]) -> list[str]:
    """Those that discovery finds close; none where it does not answer in time."""
    found: list[str] = []
    deadline = time.monotonic() + _PATIENCE
    for community in communities[:3]:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            answer = shared_client().get(
                settings.urls["discovery"] + url_path("communities", community, "related"),
                params={"limit": 10, "min_level": "close"},
                timeout=left,
            )
            answer.raise_for_status()
            items = answer.json()["items"]
            found += [item["id"] for item in items]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            break
    return [key for key in dict.fromkeys(found) if key not in communities]
