"""Reading scheduling's own tables, in the generation in use."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple, TypeVar

import msgspec

from services.scheduling import reasons
from services.scheduling.domain.application import Application
from services.scheduling.domain.attendance import Attendance
from services.scheduling.domain.cohort import Cohort
from services.scheduling.domain.programme import Programme
from services.scheduling.domain.session import Session
from services.scheduling.projections.own import (
    APPLICATIONS,
    ATTENDANCES,
    COHORTS,
    PROGRAMMES,
    SESSIONS,
)
from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import OWN, active
from shared.projection.projection import Projection
from shared.web.paging import Page, encode_cursor

T = TypeVar("T")
Condition = tuple[Any, ...]  # SQL with marks written {p}, and the value for each
_COLUMNS = "id, version, began_at, changed_at, record"


class Found(NamedTuple):
    """A stream as its read model has it."""

    id: str
    version: int
    began_at: str
    changed_at: str
    state: Any


class Listed(NamedTuple):
    items: list[Found]
    next: str | None


STATES: dict[str, type] = {
    PROGRAMMES.table: Programme,
    COHORTS.table: Cohort,
    SESSIONS.table: Session,
    APPLICATIONS.table: Application,
    ATTENDANCES.table: Attendance,
}
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    table: msgspec.json.Decoder(state) for table, state in STATES.items()
}


def one(connection: Connection, projection: Projection, stream: str) -> Found | None:
    found = many(connection, projection, [stream])
    return found[0] if found else None


def many(connection: Connection, projection: Projection, streams: Sequence[str]) -> list[Found]:
    """Those of these streams that there are."""
    if not streams:
        return []
    where = f"id IN ({marks(connection, len(streams))})"
    return select(connection, projection, where, streams)


def all_of(
    connection: Connection, projection: Projection, column: str, values: Sequence[str]
) -> list[Found]:
    """All that have one of these values in a column, however many values there are."""
    found: list[Found] = []
    for start in range(0, len(values), 500):
        chunk = values[start : start + 500]
        where = f"{column} IN ({marks(connection, len(chunk))})"
        found += select(connection, projection, where, chunk)
    return found


def select(
    connection: Connection,
    projection: Projection,
    where: str,
    values: Sequence[Any],
    order: str = "id",
) -> list[Found]:
    """All that fulfil a condition."""
    table = f"{projection.table}_{active(connection, OWN)}"
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM {table} WHERE {where} ORDER BY {order}", tuple(values)
    )
    return _found(connection, projection.table, rows)


def matching(
    connection: Connection, projection: Projection, conditions: Iterable[Condition]
) -> list[Found]:
    """All that fulfil these conditions."""
    where, values = _where(connection, conditions)
    return select(connection, projection, " AND ".join(where), values)


def _where(connection: Connection, conditions: Iterable[Condition]) -> tuple[list[str], list[Any]]:
    where, values = [], list[Any]()
    for sql, *told in conditions:
        where.append(sql.replace("{p}", mark(connection)))
        values += told
    return where, values


def page(
    connection: Connection,
    projection: Projection,
    order: tuple[str, ...],
    conditions: Iterable[Condition],
    wanted: Page,
) -> Listed:
    """A page in the order of these columns."""
    p, table = mark(connection), f"{projection.table}_{active(connection, OWN)}"
    where, values = _where(connection, conditions)
    columns = ", ".join(order)
    if wanted.after is not None:
        where.append(f"({columns}) > ({marks(connection, len(order))})")
        values += wanted.after
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS}, {columns} FROM {table}"
        f" {'WHERE ' + ' AND '.join(where) if where else ''} ORDER BY {columns} LIMIT {p}",
        (*values, wanted.limit + 1),
    ).all()
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    following = encode_cursor(" ".join(order), rows[-1][5:]) if more else None
    return Listed(_found(connection, projection.table, rows), following)


def page_as_shown(
    connection: Connection,
    projection: Projection,
    order: tuple[str, str],
    conditions: Sequence[Condition],
    wanted: Page,
    show: Callable[[Sequence[Found]], Sequence[dict[str, Any] | None]],
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of those that `show` shows: full unless it is the last, whatever is left out.

    `show` is handed some at a time, so that it need not ask for each by itself. `order` names
    attributes of what is found. Returns the items, and the cursor of the next page.
    """
    items: list[dict[str, Any]] = []
    last: Found | None = None
    while True:
        listed = page(connection, projection, order, conditions, wanted)
        for found, item in zip(listed.items, show(listed.items), strict=True):
            if item is None:
                continue
            if last is not None and len(items) == wanted.limit:
                return items, encode_cursor(" ".join(order), [getattr(last, c) for c in order])
            items.append(item)
            last = found
        if listed.next is None:
            return items, None
        wanted = wanted._replace(after=tuple(getattr(listed.items[-1], c) for c in order))


def _found(connection: Connection, table: str, rows: Iterable[Any]) -> list[Found]:
    decode = _DECODERS[table].decode
    found = [Found(row[0], row[1], row[2], row[3], decode(row[4])) for row in rows]
    return _with_reasons(connection, found) if table == SESSIONS.table else found


def _with_reasons(connection: Connection, found: list[Found]) -> list[Found]:
    """Sessions with the words of why they are as they are, where those are kept."""
    asked = [each.id for each in found if each.state.reasoned_at is not None]
    words = reasons.of_states(connection, asked)
    return [
        each._replace(
            state=replace(each.state, reason=words.get((each.id, each.state.reasoned_at)))
        )
        if each.state.reasoned_at is not None
        else each
        for each in found
    ]


# --- sessions ---


def sessions_of_cohort(connection: Connection, cohort: str) -> list[Found]:
    return select(connection, SESSIONS, f"cohort = {mark(connection)}", (cohort,), "day, hour, id")


def sessions_of_community(
    connection: Connection, community: str, since: str = "", until: str = "9999"
) -> list[Found]:
    """Its sessions from one day to another, both written YYYY-MM-DD."""
    generation, p = active(connection, OWN), mark(connection)
    where = (
        f"id IN (SELECT session FROM session_communities_{generation}"
        f" WHERE community = {p} AND day >= {p} AND day <= {p})"
    )
    return select(connection, SESSIONS, where, (community, since, until), "day, hour, id")


def communities_with_sessions(connection: Connection, after: str, count: int) -> list[str]:
    """The next ids, in their order, of communities that have or had a session."""
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT community FROM session_communities_{active(connection, OWN)}"
        f" WHERE community > {mark(connection)} ORDER BY community LIMIT {count}",
        (after,),
    )
    return list(rows.scalars())


def sessions_of_series(connection: Connection, series: str) -> list[Found]:
    where = f"series = {mark(connection)}"
    return select(connection, SESSIONS, where, (series,), "day, hour, id")


def cohort_version(connection: Connection, cohort: str) -> int:
    """Rises with each change of the cohort or of one of its sessions."""
    generation, p = active(connection, OWN), mark(connection)
    row = connection.exec_driver_sql(
        f"SELECT (SELECT version FROM cohorts_{generation} WHERE id = {p})"
        f" + coalesce((SELECT sum(version) FROM sessions_{generation} WHERE cohort = {p}), 0)",
        (cohort, cohort),
    ).first()
    return int(row[0] or 0)


# --- applications ---


def applications_of_cohort(connection: Connection, cohort: str) -> list[Found]:
    return select(
        connection, APPLICATIONS, f"cohort = {mark(connection)}", (cohort,), "began_at, id"
    )


def application_of(connection: Connection, cohort: str, person: str) -> Found | None:
    """A person's application to a cohort that was not withdrawn."""
    p = mark(connection)
    found = select(
        connection,
        APPLICATIONS,
        f"cohort = {p} AND person = {p} AND state <> 'withdrawn'",
        (cohort, person),
        "began_at",
    )
    return found[-1] if found else None


def applications_by(connection: Connection, cohort: str, person: str) -> list[Found]:
    """All that a person has made to a cohort, those taken back among them."""
    p = mark(connection)
    where = f"cohort = {p} AND person = {p}"
    return select(connection, APPLICATIONS, where, (cohort, person), "began_at, id")


def places_in_line(connection: Connection, applications: Sequence[Found]) -> dict[str, int]:
    """Which of those who wait for a place in its cohort each is, from 1; of those that wait."""
    waiting = [found for found in applications if found.state.waiting]
    cohorts = sorted({found.state.about.cohort for found in waiting})
    line: dict[str, list[int]] = {}
    for found in all_of(connection, APPLICATIONS, "cohort", cohorts):
        if found.state.waiting:
            line.setdefault(found.state.about.cohort, []).append(found.state.position)
    return {
        found.id: 1 + sum(place < found.state.position for place in line[found.state.about.cohort])
        for found in waiting
    }


def participants(connection: Connection, cohort: str) -> list[Found]:
    """The accepted applications of a cohort."""
    where = f"cohort = {mark(connection)} AND state = 'accepted'"
    return select(connection, APPLICATIONS, where, (cohort,), "began_at, id")


def cohorts_of(connection: Connection, person: str) -> list[str]:
    """The cohorts that a person takes part in."""
    generation = active(connection, OWN)
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT cohort FROM applications_{generation}"
        f" WHERE person = {mark(connection)} AND state = 'accepted'",
        (person,),
    )
    return [row[0] for row in rows]


def cohorts_with_old_offers(connection: Connection, today: date) -> list[str]:
    """The cohorts where the last day to answer an offer may be over."""
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT cohort FROM applications_{active(connection, OWN)}"
        f" WHERE state = 'released' AND reply_by <= {mark(connection)}",
        (today.isoformat(),),
    )
    return [row[0] for row in rows]


# --- attendance ---


def attendance_of(connection: Connection, session: str) -> Attendance:
    """Of one session; nobody's, where there is none yet."""
    where = f"session = {mark(connection)}"
    found = select(connection, ATTENDANCES, where, (session,))
    return found[0].state if found else Attendance()


def statuses(connection: Connection, sessions: Sequence[str]) -> dict[tuple[str, str], str]:
    """What was recorded, by session and person."""
    generation = active(connection, OWN)
    found: dict[tuple[str, str], str] = {}
    for start in range(0, len(sessions), 500):
        chunk = tuple(sessions[start : start + 500])
        rows = connection.exec_driver_sql(
            f"SELECT session, person, status FROM attendance_people_{generation}"
            f" WHERE status IS NOT NULL AND session IN ({marks(connection, len(chunk))})",
            chunk,
        )
        found |= {(row[0], row[1]): row[2] for row in rows}
    return found


def calendar_generation(connection: Connection, calendar: str) -> int:
    generation = active(connection, OWN)
    row = connection.exec_driver_sql(
        f"SELECT generation FROM calendars_{generation} WHERE id = {mark(connection)}",
        (calendar,),
    ).first()
    return row[0] if row else 0


def standings(connection: Connection) -> dict[str, str]:
    """The standing that was last said of each community."""
    generation = active(connection, OWN)
    rows = connection.exec_driver_sql(f"SELECT community, standing FROM standings_{generation}")
    return {row[0]: row[1] for row in rows}
