"""What becomes of a session: postponed, cancelled, reinstated; a series as a whole; free slots."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Response, request

from services.scheduling import documents, known, queries
from services.scheduling.api import session_fields
from services.scheduling.api.acting import check_may_change
from services.scheduling.api.answers import decided, handle, keep_reason, require
from services.scheduling.api.schemas import ReasonBody, SeriesChangeBody
from services.scheduling.clashing import others_on, related_communities
from services.scheduling.domain import session_decisions as d
from services.scheduling.domain.clashes import Wanted, free_slots
from services.scheduling.domain.refusal import Refused
from services.scheduling.domain.session import MEETING, PLANNED, Particulars
from services.scheduling.domain.wall_clock import When, check, check_hours, today
from services.scheduling.events import SESSION
from services.scheduling.projections.own import SESSIONS
from shared.connection import Connection
from shared.eventstore.streams import Change
from shared.http.policies import (
    anyone,
    co_convener_of,
    convener_of,
    operator,
    policy,
    service_token,
    team_of,
)
from shared.identifiers import is_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.changing import append, changing
from shared.web.commands import Answer, check_version, expected_version
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found, refused
from shared.web.parameters import DRY_RUN, takes, whole_number

blp = Blueprint("session-states", "session-states", description="What becomes of sessions")


def _act(session: str, command: d.Command) -> Response:
    def work(connection: Connection) -> Answer:
        require(connection, SESSIONS, session)
        loaded = handle(connection, SESSION, session, command)
        found = require(connection, SESSIONS, session)
        return Answer(documents.session(found), 200, loaded.version)

    return changing(work)


@blp.post("/sessions/<session>/postponement")
@blp.doc(summary="Postpone a session: it will be, but there is no new date yet")
@policy(
    convener_of("session"), co_convener_of("session"), team_of("session"), operator, service_token
)
@takes(DRY_RUN)
@blp.arguments(ReasonBody)
def postpone(fields: dict[str, Any], session: str) -> Response:
    return _act(session, d.Postpone(fields["reason"]))


@blp.post("/sessions/<session>/cancellation")
@blp.doc(summary="Cancel a session; calendars show it as cancelled")
@policy(
    convener_of("session"), co_convener_of("session"), team_of("session"), operator, service_token
)
@takes(DRY_RUN)
@blp.arguments(ReasonBody)
def cancel(fields: dict[str, Any], session: str) -> Response:
    return _act(session, d.Cancel(fields["reason"]))


@blp.post("/sessions/<session>/reinstatement")
@blp.doc(summary="Have a cancelled or postponed session on the day that it had")
@policy(convener_of("session"), co_convener_of("session"), team_of("session"), operator)
@takes(DRY_RUN)
@blp.arguments(ReasonBody)
def reinstate(fields: dict[str, Any], session: str) -> Response:
    """Of a community that has closed meanwhile, somebody must say what becomes of it."""

    def work(connection: Connection) -> Answer:
        require(connection, SESSIONS, session)
        state = handle(connection, SESSION, session, d.Reinstate(fields["reason"])).state
        when, holders = state.known.when, known.communities(connection, state.known.communities)
        for key, community in holders.items():
            if community.state == "closed" and when.date >= today(service().clock.now(), when.zone):
                ask = d.AskForDecision(key, "closed", community.into)
                handle(connection, SESSION, session, ask, named=False)
        found = require(connection, SESSIONS, session)
        return Answer(documents.session(found), 200, found.version)

    return changing(work)


@blp.get("/series/<series>")
@blp.doc(summary="The sessions of a series")
@policy(anyone)
def get_series(series: str) -> Response:
    with service().database.read() as connection:
        found = _series(connection, series)
    return json_response(_shown(series, found), version=_version(found))


def _shown(series: str, found: list[queries.Found]) -> dict[str, Any]:
    return {"id": series, "sessions": [documents.session(f) for f in found]}


def _version(found: list[queries.Found]) -> int:
    """Rises with each change of one of its sessions."""
    return sum(f.version for f in found)


@blp.patch("/series/<series>")
@blp.doc(summary="Change the sessions of a series that are ahead, or all from a day on")
@policy(convener_of("series"), co_convener_of("series"), team_of("series"), operator)
@takes(DRY_RUN)
@blp.arguments(SeriesChangeBody)
def change_series(fields: dict[str, Any], series: str) -> Response:
    """All of them change in one transaction, or none does."""
    expected_version(required=True)
    reason, begins = fields.pop("reason", None), fields.pop("begins", None)
    if not fields:
        raise Problem(422, "The body names nothing to change.")
    _check_series(fields)
    cancelled, shift = fields.pop("cancelled", False), fields.pop("shift_days", 0)

    def command(before: Particulars) -> d.Command:
        if cancelled:
            return d.Cancel(reason)
        after: Particulars = decided(session_fields.changed, before, fields)
        day = after.when.date + timedelta(days=shift)
        return d.Change(replace(after, when=replace(after.when, date=day)), reason)

    def work(connection: Connection) -> Answer:
        check_version(series, _version(_series(connection, series)))
        changed = _change_each(connection, series, begins, command)
        found = _series(connection, series)
        shown = _shown(series, [f for f in found if f.id in changed])
        return Answer(shown, 200, _version(found))

    return changing(work)


def _check_series(fields: dict[str, Any]) -> None:
    """Raises Problem 422 for what no session could be, whether or not one is ahead."""
    if fields.get("cancelled") is False:
        raise invalid(
            "cancelled",
            "can only be true here, and nothing was changed; reinstate each cancelled session by"
            " /sessions/{id}/reinstatement",
        )
    start, end = fields.get("start"), fields.get("end")
    if start is not None and end is not None:
        decided(check_hours, start, end)


def _change_each(
    connection: Connection,
    series: str,
    begins: date | None,
    command: Callable[[Particulars], d.Command],
) -> list[str]:
    """Carry out a command on each session from a day on that takes place."""
    now = service().clock.now()
    chosen = [
        f
        for f in _series(connection, series)
        if f.state.state == PLANNED
        and f.state.known.when.date >= (begins or today(now, f.state.known.when.zone))
    ]
    for found in chosen:
        check_may_change(connection, found.state.known)
    loaded = service().streams.load_many(connection, SESSION, [f.id for f in chosen])
    changes, reason = [], None
    for key, stream in loaded.items():
        wanted = command(stream.state.known)
        events = decided(SESSION.decide, stream.state, wanted)
        changes.append(Change(key, stream.version, events))
        reason = wanted
    keep_reason(connection, append(connection, changes), reason)
    return list(loaded)


def _series(connection: Connection, series: str) -> list[queries.Found]:
    found = queries.sessions_of_series(connection, series)
    if not found:
        raise not_found(f"There is no series {series}.")
    return found


# --- free slots ---

_SLOTS = {
    "community": "A community that is to meet; may be given several times",
    "cohort": "A cohort whose people are to come",
    "minutes": "How long it is to be",
    "weeks": "How many weeks to look ahead, up to 26",
    "from": "From this day on",
    "earliest": "The earliest hour",
    "latest": "The latest hour; one that is not after the earliest is on the next day",
    "zone": "IANA zone",
}


@blp.get("/free-slots")
@blp.doc(summary="When nothing is in the way, in the next weeks")
@policy(anyone)
@takes(_SLOTS)
def free() -> Response:
    """One slot a day at most: the first that is free."""
    args = request.args
    zone = args.get("zone", "Europe/London")
    first = _day(args.get("from"), zone)
    minutes, weeks = whole_number("minutes", 120, 15, 720), whole_number("weeks", 6, 1, 26)
    latest = args.get("latest", "18:00")
    latest = "00:00" if latest == "24:00" else latest
    wanted = Wanted(minutes, args.get("earliest", "09:00"), latest, zone)
    _check_between(wanted, first)
    communities = tuple(args.getlist("community"))
    for community in communities:
        if not is_id(community, "com"):
            raise invalid("community", f"{community[:60]!r} is no id of a community (com_…)")
    related = related_communities(service().settings, communities)
    when = When(first, wanted.earliest, wanted.latest, zone)
    session = Particulars(
        MEETING, "", when, communities=communities, cohort=args.get("cohort") or None
    )
    with service().database.read() as connection:
        busy = others_on(connection, "", session, when, related, days=weeks * 7)
    days = [first + timedelta(days=n) for n in range(weeks * 7)]
    slots = free_slots(wanted, days, [b.when for b in busy], (), 200)
    within = [b for b in busy if first <= b.when.end_date and b.when.date <= days[-1]]
    return json_response({"items": [documents.when(s) for s in slots], "busy": len(within)})


def _check_between(wanted: Wanted, first: date) -> None:
    """Raises Problem 422 for hours that are none, or leave no room."""
    try:
        check(When(first, wanted.earliest, wanted.latest, wanted.zone))
    except Refused as refusal:
        names = {"start": "earliest", "end": "latest"}
        refusal.field = names.get(refusal.field or "", refusal.field)
        raise refused(refusal) from refusal


def _day(text: str | None, zone: str) -> date:
    now = decided(today, service().clock.now(), zone)
    try:
        return date.fromisoformat(text) if text else now + timedelta(days=1)
    except ValueError as error:
        raise invalid("from", "must be a date such as 2026-03-01") from error
