"""How many communities and links had what, at each of some moments.

What communities were is read once, in the order of an index that holds it whole: no plan of a
database's can go wrong, and the time grows with the communities. A span then is the moments at
which it goes on, as the bits of a number; communities that are alike are counted together.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from services.discovery.projections.links import LINKS
from services.discovery.projections.spans import (
    CONVENER,
    NETWORK,
    REGION,
    SECTOR,
    STAGE,
    STANDING,
    STATE,
)
from shared.connection import Connection
from shared.database import mark, marks
from shared.foundation.names import name_key
from shared.projection.generations import FOLLOWED, OWN, active

Counts = dict[tuple[str, str | None], int]  # by moment and row; None is the total
WHOLE = None
_CLOSED = "closed"
_COUNTED = (STATE, CONVENER, STAGE, STANDING)

Held = tuple[tuple[str, str, int], ...]  # of a community: kind, value, at which moments
Tally = Counter[tuple[str | None, int]]  # by row and moments


class Asked(NamedTuple):
    """What rows there are (`by` a kind of span), at which moments, of which network if of one."""

    by: str
    moments: Sequence[str]
    network: str | None = None


class Counting:
    """Counts of one reading transaction."""

    def __init__(self, connection: Connection, asked: Asked) -> None:
        """Times are RFC 3339 texts as events have them, moments from the earliest on."""
        self._connection, self._asked = connection, asked
        self._place = mark(connection)
        self._spans = f"spans_{active(connection, FOLLOWED)}"
        self._links = f"{LINKS.table}_{active(connection, OWN)}"
        self._held = self._read()
        self._alike = Counter(self._held.values())

    def communities(self, *also: tuple[str, str], closed: bool = False) -> Counts:
        """Count open communities (or those that are closed), that hold `also`: kind, value."""
        tally: Tally = Counter()
        for held, number in self._alike.items():
            moments = self._present(held, closed=closed)
            for kind, value in also:
                moments &= _when(held, kind, value)
            if moments:
                tally[WHOLE, moments] += number
                for value, during in self._rows(held):
                    tally[value, moments & during] += number
        return self._counts(tally)

    def links(self, *, across: bool = False) -> Counts:
        """Count agreed links, or those of them whose two communities share no network."""
        tally: Tally = Counter()
        for low, high, began, ended in self._agreed():
            ends = self._held.get(low, ()), self._held.get(high, ())
            moments = self._during(began, ended)
            if self._asked.network is not None:
                here = (_when(held, NETWORK, self._asked.network) for held in ends)
                moments &= next(here) | next(here)
            if across and moments:
                moments &= ~_shared(*ends)
            if moments:
                tally[WHOLE, moments] += 1
                rows: Counter[str] = Counter()
                for value, during in (row for held in ends for row in self._rows(held)):
                    rows[value] |= during
                for value, during in rows.items():
                    tally[value, moments & during] += 1
        return self._counts(tally)

    def since(self, kind: str, value: str) -> dict[str | None, list[str]]:
        """From when on the open communities that hold it at the last moment do so."""
        at = self._asked.moments[-1]
        last = 1 << (len(self._asked.moments) - 1)
        p = self._place
        sql = (
            f"SELECT community, began FROM {self._spans} WHERE kind = {p} AND value = {p}"
            f" AND began <= {p} AND ended > {p}"
        )
        found: dict[str | None, list[str]] = {WHOLE: []}
        for community, began in self._run(sql, (kind, value, at, at)):
            held = self._held.get(community, ())
            if self._present(held) & last:
                found[WHOLE].append(began)
                for row, during in self._rows(held):
                    if during & last:
                        found.setdefault(row, []).append(began)
        return found

    def _read(self) -> Mapping[str, Held]:
        """What each community held at any of the moments."""
        kinds = sorted({*_COUNTED, NETWORK, self._asked.by})
        p, moments = self._place, self._asked.moments
        rows = self._run(
            f"SELECT community, kind, value, began, ended FROM {self._spans}"
            f" WHERE kind IN ({marks(self._connection, len(kinds))})"
            f" AND began <= {p} AND ended > {p} ORDER BY community",
            (*kinds, moments[-1], moments[0]),
        )
        usual = self._usual_forms(rows)
        alike: dict[Held, Held] = {}  # those that are alike are kept once
        held: dict[str, Held] = {}
        for community, spans in groupby(rows, itemgetter(0)):
            during: Counter[tuple[str, str]] = Counter()
            for _, kind, value, began, ended in spans:
                if moment := self._during(began, ended):
                    name = usual.get(value, value) if kind == self._asked.by else value
                    during[kind, name] |= moment
            found = tuple(sorted((kind, value, m) for (kind, value), m in during.items()))
            held[community] = alike.setdefault(found, found)
        return held

    def _usual_forms(self, rows: Sequence[Sequence[Any]]) -> Mapping[str, str]:
        """For each way to write a region or a sector, the way that most use."""
        if self._asked.by not in (REGION, SECTOR):
            return {}
        written = Counter(row[2] for row in rows if row[1] == self._asked.by)
        ways: dict[str, list[str]] = {}
        for value in sorted(written, key=lambda value: (-written[value], value)):
            ways.setdefault(name_key(value), []).append(value)
        return {value: forms[0] for forms in ways.values() for value in forms}

    def _during(self, began: str, ended: str | None) -> int:
        """The moments at which something goes on, as bits."""
        moments = self._asked.moments
        end = len(moments) if ended is None else bisect_left(moments, ended)
        return (1 << end) - 1 & -(1 << bisect_left(moments, began))

    def _present(self, held: Held, *, closed: bool = False) -> int:
        """When a community was open (or closed), and of the network asked for."""
        moments = 0
        for kind, value, during in held:
            if kind == STATE and (value == _CLOSED) is closed:
                moments |= during
        if self._asked.network is not None:
            moments &= _when(held, NETWORK, self._asked.network)
        return moments

    def _rows(self, held: Held) -> Iterator[tuple[str, int]]:
        """In which rows of the report a community is, and when."""
        return ((value, during) for kind, value, during in held if kind == self._asked.by)

    def _agreed(self) -> Iterator[tuple[str, str, str, str | None]]:
        p, moments = self._place, self._asked.moments
        yield from self._run(
            f"SELECT low, high, agreed_at, over_at FROM {self._links} WHERE agreed = 1"
            f" AND agreed_at <= {p} AND (over_at IS NULL OR over_at > {p})",
            (moments[-1], moments[0]),
        )

    def _counts(self, tally: Tally) -> Counts:
        counts: Counts = {}
        for (row, during), number in tally.items():
            for place, moment in enumerate(self._asked.moments):
                if during >> place & 1:
                    counts[moment, row] = counts.get((moment, row), 0) + number
        return counts

    def _run(self, sql: str, values: Sequence[str]) -> Sequence[tuple[Any, ...]]:
        return self._connection.exec_driver_sql(sql, tuple(values))


def _when(held: Held, kind: str, value: str) -> int:
    """When a community held a value of a kind."""
    return next((during for k, v, during in held if k == kind and v == value), 0)


def _shared(low: Held, high: Held) -> int:
    """When two communities were of one network."""
    networks = {value: during for kind, value, during in low if kind == NETWORK and value}
    moments = 0
    for kind, value, during in high:
        if kind == NETWORK:
            moments |= networks.get(value, 0) & during
    return moments
