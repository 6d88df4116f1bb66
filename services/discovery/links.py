"""Reading links and feedback from discovery's own tables, in the generation in use."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from services.discovery.domain.feedback import NOT_USEFUL, USEFUL
from services.discovery.domain.link import ACCEPTED, LAPSED, LIVE, PROPOSED, REFUSED, Link
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import OWN, active
from shared.web.paging import Page, encode_cursor

_COLUMNS = "id, version, began_at, changed_at, proposed_at, agreed_at, over_at, record"
ORDER = "began_at id"
_LIVE = ", ".join(f"'{state}'" for state in LIVE)


class Found(NamedTuple):
    """A link as its read model has it; `version` counts all events of it."""

    id: str
    version: int
    began_at: str
    changed_at: str
    proposed_at: str | None
    agreed_at: str | None
    over_at: str | None
    link: Link


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: everything, or beside what is public what concerns the communities that they
    convene."""

    all_of_it: bool = False
    convened: frozenset[str] = frozenset()

    def speaks_for(self, *communities: str) -> bool:
        """Whether what these keep to themselves is for this reader."""
        return self.all_of_it or not self.convened.isdisjoint(communities)


class Listed(NamedTuple):
    items: list[Found]
    next: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What one community agreed, asked and said about others, by their ids."""

    linked: frozenset[str] = frozenset()
    proposed: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    def as_seen(self, *, own: bool) -> "Said":
        """What is public of it or, to the community's `own` people, all of it."""
        return self if own else Said(self.linked)


def one(connection: Connection, link: str) -> Found | None:
    found = _select(connection, f"id = {mark(connection)}", (link,))
    return found[0] if found else None


def between(connection: Connection, one: str, other: str) -> Found | None:
    """What is open or agreed between two communities; there is one at most."""
    p = mark(connection)
    where = f"low = {p} AND high = {p} AND state IN ({_LIVE})"
    found = _select(connection, where, sorted((one, other)))
    return found[0] if found else None


def declined_at(connection: Connection, one: str, other: str) -> str | None:
    """When a proposal of `one` to `other` was last refused, or lapsed."""
    p = mark(connection)
    low, high = sorted((one, other))
    row = connection.exec_driver_sql(
        f"SELECT max(over_at) FROM links_{active(connection, OWN)} WHERE low = {p} AND high = {p}"
        f" AND proposer = {p} AND state IN ('{REFUSED}', '{LAPSED}')",
        (low, high, one),
    ).first()
    return str(row[0]) if row and row[0] else None


def live_of(connection: Connection, communities: Sequence[str]) -> list[Found]:
    """All that is open or agreed with any of these communities."""
    among = f"IN ({marks(connection, len(communities))})"
    where = f"(low {among} OR high {among}) AND state IN ({_LIVE})"
    return _select(connection, where, (*communities, *communities))


def asked_of(connection: Connection, communities: Sequence[str]) -> list[Found]:
    """The open proposals that any of these communities is to answer."""
    where, values = _of_any(connection, communities)
    found = _select(connection, f"{where} AND state = '{PROPOSED}'", values)
    return [each for each in found if each.link.communities[1] in communities]


def due(connection: Connection, now: datetime) -> list[str]:
    """The open proposals whose next deadline has passed."""
    rows = connection.exec_driver_sql(
        f"SELECT id FROM links_{active(connection, OWN)} WHERE due <= {mark(connection)}"
        " ORDER BY due, id",
        (rfc3339(now),),
    )
    return [row[0] for row in rows]


def page(
    connection: Connection,
    wanted: Page,
    *,
    community: str | None = None,
    state: str | None = None,
    among: Collection[str] | None = None,
    reader: Reader,
) -> Listed:
    """In the order in which they began, as far as they are for this reader; of a community, and of
    any of those in `among`."""
    p = mark(connection)
    conditions: list[tuple[str, Sequence[Any]]] = []
    if community is not None:
        conditions.append((f"(low = {p} OR high = {p})", (community, community)))
    if state is not None:
        conditions.append((f"state = {p}", (state,)))
    if among is not None:
        conditions.append(_of_any(connection, among))
    if not reader.all_of_it:
        theirs, named = _of_any(connection, reader.convened)
        conditions.append((f"(agreed = 1 OR {theirs})", named))
    if wanted.after is not None:
        conditions.append((f"(began_at, id) > ({p}, {p})", wanted.after))
    where = " AND ".join(text for text, _ in conditions) or "1 = 1"
    values = [value for _, values in conditions for value in values]
    limited = f"{where} ORDER BY began_at, id LIMIT {wanted.limit + 1}"
    found = _select(connection, limited, values)
    items = found[: wanted.limit]
    more = len(found) > wanted.limit
    last = (items[-1].began_at, items[-1].id) if more else None
    return Listed(items, encode_cursor(ORDER, last) if last else None)


def _of_any(connection: Connection, communities: Collection[str]) -> tuple[str, Sequence[str]]:
    if not communities:
        return "1 = 0", ()
    among = f"IN ({marks(connection, len(communities))})"
    return f"(low {among} OR high {among})", (*communities, *communities)


def said_by(connection: Connection, community: str) -> Said:
    """Two look-ups by index, however many links there are."""
    n, p = active(connection, OWN), mark(connection)
    rows = connection.exec_driver_sql(
        f"SELECT high, state FROM links_{n} WHERE low = {p} AND state IN ({_LIVE})"
        f" UNION ALL SELECT low, state FROM links_{n} WHERE high = {p} AND state IN ({_LIVE})"
        f" UNION ALL SELECT other, verdict FROM feedbacks_{n} WHERE community = {p}"
        f" AND verdict = '{NOT_USEFUL}'",
        (community, community, community),
    )
    by: dict[str, set[str]] = {}
    for other, what in rows:
        by.setdefault(what, set()).add(other)
    linked, hidden = by.pop(ACCEPTED, set()), by.pop(NOT_USEFUL, set())
    proposed = set().union(*by.values())
    return Said(frozenset(linked), frozenset(proposed), frozenset(hidden))


def linked_with(connection: Connection, communities: Sequence[str]) -> dict[str, list[str]]:
    """Whom each of some communities is linked with now: one query by index, none where none."""
    if not communities:
        return {}
    n, among = active(connection, OWN), marks(connection, len(communities))
    rows = connection.exec_driver_sql(
        f"SELECT low, high FROM links_{n} WHERE low IN ({among}) AND state = '{ACCEPTED}'"
        f" UNION ALL SELECT high, low FROM links_{n} WHERE high IN ({among})"
        f" AND state = '{ACCEPTED}'",
        (*communities, *communities),
    )
    linked: dict[str, list[str]] = {}
    for community, other in rows:
        linked.setdefault(community, []).append(other)
    return linked


def labels(connection: Connection) -> Iterable[tuple[str, str, int]]:
    """What use has judged: a link that was agreed 3, `useful` 2, `not-useful` 0; the most counts.

    Each is the community that was shown, the other one, and the relevance.
    """
    n = active(connection, OWN)
    judged: dict[tuple[str, str], int] = {}
    rows = connection.exec_driver_sql(f"SELECT community, other, verdict FROM feedbacks_{n}")
    for community, other, verdict in rows:
        judged[community, other] = 2 if verdict == USEFUL else 0
    agreed = connection.exec_driver_sql(f"SELECT low, high FROM links_{n} WHERE agreed = 1")
    for low, high in agreed:
        judged[low, high] = judged[high, low] = 3
    return [(*pair, judged[pair]) for pair in sorted(judged)]


def feedback(connection: Connection, community: str) -> list[Mapping[str, str]]:
    """All that a community said of others, the latest last."""
    rows = connection.exec_driver_sql(
        f"SELECT other, verdict, at FROM feedbacks_{active(connection, OWN)}"
        f" WHERE community = {mark(connection)} ORDER BY at, other",
        (community,),
    )
    return [dict(zip(("id", "verdict", "at"), row, strict=True)) for row in rows]


def _select(connection: Connection, where: str, values: Sequence[Any]) -> list[Found]:
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM links_{active(connection, OWN)} WHERE {where}", tuple(values)
    )
    return [Found._make([*row[:-1], msgspec.json.decode(row[-1], type=Link)]) for row in rows]
