"""Counting in the database: how many communities and links had what, at each of some moments."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

from services.discovery.projections.links import LINKS
from services.discovery.projections.spans import NETWORK, REGION, SECTOR, STATE
from shared.connection import Connection
from shared.database import mark, ordered_join
from shared.foundation.names import name_key
from shared.projection.generations import FOLLOWED, OWN, active

Counts = dict[tuple[str, str | None], int]  # by moment and row; None is the total
WHOLE = None
_MOST_FORMS = 1000  # ways to write a name another way than most do; each is two parameters


class Asked(NamedTuple):
    """What rows there are (`by` a kind of span), at which moments, of which network if of one."""

    by: str
    moments: Sequence[str]
    network: str | None = None


def _holds(name: str) -> str:
    """The condition that a span goes on at a moment `p.at`."""
    return f"{name}.began <= p.at AND {name}.ended > p.at"


class Counting:
    """Counts of one reading transaction.

    Joins are in the order in which they are cheap: from moments to communities, from those to what
    else they hold. SQLite, which knows nothing of a table that has just grown, could begin at the
    end, and take a time that grows with the square of the communities.
    """

    def __init__(self, connection: Connection, asked: Asked) -> None:
        """Times are RFC 3339 texts as events have them."""
        self._connection, self._asked = connection, asked
        self._place, self._join = mark(connection), ordered_join(connection)
        self._spans = f"spans_{active(connection, FOLLOWED)}"
        self._links = f"{LINKS.table}_{active(connection, OWN)}"
        self._forms = self._other_forms() if asked.by in (REGION, SECTOR) else {}

    def communities(self, *also: tuple[str, str], closed: bool = False) -> Counts:
        """Count open communities (or those that are closed), that hold `also`: kind, value."""
        joins, values = self._of(also)
        compared = "=" if closed else "<>"
        source = (
            f" FROM points p {self._join} {self._spans} s ON s.kind = '{STATE}'"
            f" AND s.value {compared} 'closed' AND {_holds('s')}{joins}"
        )
        count = "count(DISTINCT s.community)" if self._forms else "count(*)"
        return self._counted(source, values, count, "d.community = s.community")

    def links(self, *, across: bool = False) -> Counts:
        """Count agreed links, or those of them whose two communities share no network."""
        joins, values = "", []
        if self._asked.network is not None:
            joins = (
                f" {self._join} {self._spans} f ON f.community IN (l.low, l.high)"
                f" AND f.kind = '{NETWORK}' AND f.value = {self._place} AND {_holds('f')}"
            )
            values = [self._asked.network]
        apart = (
            f" AND NOT EXISTS (SELECT 1 FROM {self._spans} a {self._join} {self._spans} b"
            f" ON b.community = l.high AND b.kind = '{NETWORK}' AND b.value = a.value"
            f" AND {_holds('b')} WHERE a.community = l.low AND a.kind = '{NETWORK}'"
            f" AND a.value <> '' AND {_holds('a')})"
        )
        source = (
            f" FROM points p {self._join} {self._links} l ON l.agreed = 1 AND l.agreed_at <= p.at"
            f" AND (l.over_at IS NULL OR l.over_at > p.at){apart if across else ''}{joins}"
        )
        return self._counted(
            source, values, "count(DISTINCT l.id)", "d.community IN (l.low, l.high)"
        )

    def since(self, *also: tuple[str, str]) -> dict[str | None, list[str]]:
        """From when on the open communities hold the first of `also`, at the last moment."""
        joins, values = self._of(also)
        moment = self._asked.moments[-1]
        source = (
            f" FROM points p {self._join} {self._spans} s ON s.kind = '{STATE}'"
            f" AND s.value <> 'closed' AND {_holds('s')}{joins}"
        )
        sql = (
            f"{self._points([moment])} SELECT DISTINCT {self._row}, s.community, m0.began{source}"
            f" {self._join} {self._spans} d ON d.community = s.community"
            f" AND d.kind = {self._place} AND {_holds('d')}{self._named}"
        )
        found: dict[str | None, list[str]] = {}
        for value, _, began in self._run(sql, [moment, *self._written, *values, self._asked.by]):
            found.setdefault(value, []).append(began)
        whole = f"{self._points([moment])} SELECT m0.began{source}"
        found[WHOLE] = [row[0] for row in self._run(whole, [moment, *self._written, *values])]
        return found

    def _of(self, also: Sequence[tuple[str, str]]) -> tuple[str, list[str]]:
        """Joins that let communities pass who hold all of `also`, and are of the network asked."""
        wanted = [*also, *([(NETWORK, self._asked.network)] if self._asked.network else ())]
        joins, values = "", []
        for number, (kind, value) in enumerate(wanted):
            name = f"m{number}"
            joins += (
                f" {self._join} {self._spans} {name} ON {name}.community = s.community"
                f" AND {name}.kind = {self._place} AND {name}.value = {self._place}"
                f" AND {_holds(name)}"
            )
            values += [kind, value]
        return joins, values

    def _counted(self, source: str, values: Sequence[str], count: str, joined: str) -> Counts:
        """Count by moment and row, and by moment alone."""
        moments = list(self._asked.moments)
        points = self._points(moments)
        rows = (
            f"{points} SELECT p.at, {self._row}, {count}{source}"
            f" {self._join} {self._spans} d ON {joined}"
            f" AND d.kind = {self._place} AND {_holds('d')}{self._named}"
            f" GROUP BY p.at, {self._row}"
        )
        counts: Counts = {
            (at, value): number
            for at, value, number in self._run(
                rows, [*moments, *self._written, *values, self._asked.by]
            )
        }
        whole = f"{points} SELECT p.at, {count}{source} GROUP BY p.at"
        counts |= {
            (at, WHOLE): number
            for at, number in self._run(whole, [*moments, *self._written, *values])
        }
        return counts

    def _other_forms(self) -> dict[str, str]:
        """The ways to write a name that most do not use, and the way that most do."""
        sql = f"SELECT value, count(*) FROM {self._spans} WHERE kind = {self._place} GROUP BY value"
        ways: dict[str, list[tuple[int, str]]] = {}
        for value, count in self._run(sql, [self._asked.by]):
            ways.setdefault(name_key(value), []).append((-count, value))
        several = sorted(sorted(way) for way in ways.values() if len(way) > 1)
        forms = {other: way[0][1] for way in several for _, other in way[1:]}
        return dict(islice(forms.items(), _MOST_FORMS))

    @property
    def _written(self) -> list[str]:
        """The parameters of the forms, which follow the moments."""
        return [text for pair in self._forms.items() for text in pair]

    @property
    def _row(self) -> str:
        """The value that a row of the report is for."""
        return "coalesce(v.usual, d.value)" if self._forms else "d.value"

    @property
    def _named(self) -> str:
        return " LEFT JOIN forms v ON v.form = d.value" if self._forms else ""

    def _points(self, moments: Sequence[str]) -> str:
        cast = f"CAST({self._place} AS TEXT)"
        sql = f"WITH points (at) AS (VALUES {', '.join(f'({cast})' for _ in moments)})"
        if self._forms:
            forms = ", ".join(f"({cast}, {cast})" for _ in self._forms)
            sql = f"{sql}, forms (form, usual) AS (VALUES {forms})"
        return sql

    def _run(self, sql: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
        return list(self._connection.exec_driver_sql(sql, tuple(values)))
