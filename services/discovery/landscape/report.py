"""The landscape's report: every number of every row, as of a moment, and a year's trend."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median_high

from services.discovery.landscape import numbers
from services.discovery.landscape.counting import WHOLE, Asked, Counting, Counts
from services.discovery.projections.spans import (
    CONVENER,
    NEEDED,
    NETWORK,
    STAGE,
    STANDING,
)
from services.discovery.unmet.needs import SHOWN_FOR, unmet_needs
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection

Value = int | None
_MONTHS = 12
NetworkName = Callable[[str], str | None]


@dataclass(frozen=True)
class Line:
    """A row: its value of what the report is by, its name, numbers, and the months before."""

    id: str | None
    name: str
    numbers: dict[str, Value]
    trend: list[tuple[str, dict[str, Value]]]


@dataclass(frozen=True)
class Report:
    """`total` counts each community once, also where it is in several rows."""

    by: str
    as_of: str
    network: str | None
    total: Line
    lines: list[Line]


def report(
    connection: Connection,
    by: str,
    as_of: datetime,
    now: datetime,
    network_name: NetworkName,
    network: str | None = None,
) -> Report:
    """Count everything by network, region, stage or sector; with `network`, of that one alone."""
    moments = [rfc3339(moment) for moment in [*month_ends(as_of), as_of]]
    counting = Counting(connection, Asked(by, moments, network))
    trend = _trend(counting)
    here = _now(counting, moments[-1], trend)
    _add_waits(here, counting, as_of)
    _add_unmet(here, connection, by, as_of, now, network)
    values = {value for counts in trend.values() for _, value in counts}
    values |= {value for counts in here.values() for value in counts}
    lines = [
        Line(
            value,
            _name(by, value, network_name),
            {name: here[name].get(value, _nothing(name)) for name in numbers.DEFINITIONS},
            [
                (moment, {name: counts.get((moment, value), 0) for name, counts in trend.items()})
                for moment in moments[:-1]
            ],
        )
        for value in sorted(values, key=lambda v: (v is not None, v == "", v or ""))
    ]
    total = next((line for line in lines if line.id is WHOLE), None) or _empty(moments)
    rows = sorted((line for line in lines if line.id is not WHOLE), key=_order(by))
    return Report(by, moments[-1], network, total, rows)


def month_ends(as_of: datetime) -> list[datetime]:
    """The ends of the twelve months before, the earliest first: the first moments of the next."""
    year, month = as_of.astimezone(UTC).year, as_of.astimezone(UTC).month
    ends: list[datetime] = []
    for _ in range(_MONTHS):
        ends.append(datetime(year, month, 1, tzinfo=UTC) - timedelta(microseconds=1))
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return ends[::-1]


def _trend(counting: Counting) -> dict[str, Counts]:
    return {
        numbers.COMMUNITIES: counting.communities(),
        numbers.NEEDED: counting.communities((CONVENER, NEEDED)),
        numbers.LINKS: counting.links(),
        numbers.ACROSS: counting.links(across=True),
        numbers.QUIET: counting.communities((STANDING, "quiet")),
    }


Here = dict[str, dict[str | None, Value]]


def _now(counting: Counting, moment: str, trend: dict[str, Counts]) -> Here:
    """What the trend ends with, and the rest of the numbers that are counts."""
    counts = dict(trend)
    for state in numbers.STATES:
        closed = state == "closed"
        counts[f"state_{state}"] = counting.communities(("state", state), closed=closed)
    for stage in numbers.STAGES:
        counts[f"stage_{stage or 'not_said'}"] = counting.communities((STAGE, stage))
    counts[numbers.QUIETER] = counting.communities((STANDING, "quieter-than-usual"))
    usual = counting.communities((STANDING, "as-usual"))
    known = Counter(usual) + Counter(counts[numbers.QUIETER]) + Counter(_at(trend, moment))
    counts[numbers.RHYTHM] = dict(known)
    return {
        name: {value: number for (at, value), number in found.items() if at == moment}
        for name, found in counts.items()
    }


def _at(trend: dict[str, Counts], moment: str) -> Counts:
    return {key: n for key, n in trend[numbers.QUIET].items() if key[0] == moment}


def _add_waits(here: Here, counting: Counting, as_of: datetime) -> None:
    """For how many days conveners have been needed."""
    medians, longest = here.setdefault(numbers.NEEDED_DAYS, {}), {}
    for value, began in counting.since(CONVENER, NEEDED).items():
        days = [(as_of - parse_rfc3339(moment)).days for moment in began]
        if days:
            medians[value], longest[value] = int(median_high(days)), max(days)
    here[numbers.NEEDED_LONGEST] = dict(longest)


def _add_unmet(
    here: Here,
    connection: Connection,
    by: str,
    as_of: datetime,
    now: datetime,
    network: str | None,
) -> None:
    """Unmet needs: of all, and of each network that they were asked of."""
    unmet = here.setdefault(numbers.UNMET, {})
    if as_of < now - SHOWN_FOR:
        return  # what was asked then is forgotten
    needs = unmet_needs(connection, as_of, network)
    unmet[WHOLE] = len(needs)
    if by == NETWORK:
        unmet.update(Counter(name for need in needs for name in need.networks))


def _nothing(name: str) -> Value:
    """What stands where nothing was counted: 0, or nothing where that would be a claim."""
    return None if name in (numbers.NEEDED_DAYS, numbers.NEEDED_LONGEST, numbers.UNMET) else 0


def _empty(moments: Sequence[str]) -> Line:
    nothing = {name: _nothing(name) for name in numbers.DEFINITIONS}
    trend: list[tuple[str, dict[str, Value]]] = [
        (moment, dict.fromkeys(numbers.TREND, 0)) for moment in moments[:-1]
    ]
    return Line(WHOLE, "Total", nothing, trend)


def _name(by: str, value: str | None, network_name: NetworkName) -> str:
    if value is WHOLE:
        return "Total"
    if value == "":
        return f"No {by}"
    return (network_name(value) if by == NETWORK else None) or value


def _order(by: str) -> Callable[[Line], tuple[bool, int, str]]:
    """Stages in their order, all else by name; those without last."""

    def key(line: Line) -> tuple[bool, int, str]:
        stage = by == STAGE and line.id in numbers.STAGES
        place = numbers.STAGES.index(line.id or "") if stage else 0
        return line.id == "", place, line.name.casefold()

    return key


def cells(found: Report) -> Iterator[tuple[str, str, str, Value, str, str]]:
    """Every number of the report in a row: row id and name, number, value, when, what it means."""
    for line in [found.total, *found.lines]:
        for name, value in line.numbers.items():
            yield line.id or "", line.name, name, value, found.as_of, numbers.DEFINITIONS[name]
        for moment, values in line.trend:
            for name, value in values.items():
                yield line.id or "", line.name, name, value, moment, numbers.DEFINITIONS[name]
