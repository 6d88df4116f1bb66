"""The landscape: the counts a network reports to its board, as data and as a table."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Response, request

from services.discovery.api.asking import READING, known_now, network_ids
from services.discovery.landscape.numbers import DEFINITIONS
from services.discovery.landscape.report import Line, Report, cells, report
from services.discovery.projections.spans import NETWORK, REGION, SECTOR, STAGE
from shared.http.policies import anyone, policy
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import invalid
from shared.web.parameters import Described, moment, one_of, takes
from shared.web.tables import csv_response
from shared.web.turns import in_turn

blp = Blueprint("landscape", "landscape", description="Counts for a network's board")
_EARLIEST_YEAR = 1900
_BY = (NETWORK, REGION, STAGE, SECTOR)
_COLUMNS = ("by", "id", "name", "number", "value", "as_of", "definition")
_PARAMETERS: Mapping[str, Described] = {
    "by": one_of(*_BY),
    "network": "Count this network's communities alone: its id, or any name or alias of it",
    "as_of": "A day, 2026-03-01, for its end in UTC; or a time. Now, where left out",
}
_SUMMARY = "Communities, conveners needed, links, quiet ones, unmet searches; now or as of a day"


@blp.get("/landscape")
@blp.doc(summary=_SUMMARY)
@takes(_PARAMETERS)
@policy(anyone)
@in_turn(READING)
def as_data() -> Response:
    """With `Accept: text/csv` it is the table."""
    kinds = ("application/json", "text/csv")
    found = _report()
    if request.accept_mimetypes.best_match(kinds, default=kinds[0]) == "text/csv":
        return _table(found)
    response = json_response(_body(found))
    response.headers["Vary"] = "Accept"
    return response


@blp.get("/landscape.csv")
@blp.doc(summary="The same as a table: a line for each number, its definition beside it")
@takes(_PARAMETERS)
@policy(anyone)
@in_turn(READING)
def as_table() -> Response:
    return _table(_report())


def _report() -> Report:
    by = request.args.get("by", NETWORK)
    if by not in _BY:
        raise invalid("by", f"must be one of: {', '.join(_BY)}")
    now = service().clock.now()
    as_of = _as_of(now)
    known = known_now()
    named = request.args.get("network")
    network = network_ids("network", [named], known)[0] if named is not None else None
    with service().database.read() as connection:
        return report(connection, by, as_of, now, known.networks.name, network)


def _as_of(now: datetime) -> datetime:
    """The moment asked for. Raises Problem 422 for one that is none, or is still to come."""
    text = request.args.get("as_of")
    if text is None:
        return now
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-03-01") else None
    except ValueError as error:
        raise invalid("as_of", "write a day like 2026-03-01, or 2026-03-01T09:30:00Z") from error
    asked = moment("as_of") if day is None else datetime.combine(day, time(), UTC)
    if asked is None or asked.year < _EARLIEST_YEAR:
        raise invalid("as_of", f"is before anything here can have been: {_EARLIEST_YEAR} or later")
    if asked > now:
        raise invalid("as_of", "is still to come: nobody knows yet what there will be")
    return asked if day is None else min(asked + timedelta(days=1, microseconds=-1), now)


def _body(found: Report) -> dict[str, Any]:
    return {
        "by": found.by,
        "as_of": found.as_of,
        "network": found.network,
        "total": _line(found.total),
        "items": [_line(line) for line in found.lines],
        "definitions": DEFINITIONS,
    }


def _line(line: Line) -> dict[str, Any]:
    trend = [{"as_of": moment, **values} for moment, values in line.trend]
    return {"id": line.id, "name": line.name, **line.numbers, "trend": trend}


def _table(found: Report) -> Response:
    rows = (
        (found.by, row, name, number, "" if value is None else value, at, definition)
        for row, name, number, value, at, definition in cells(found)
    )
    response = csv_response(_COLUMNS, rows, f"landscape-{found.by}.csv")
    response.headers["Vary"] = "Accept"
    return response
