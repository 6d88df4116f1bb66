"""Sessions: planned, listed, moved."""

import re
from dataclasses import replace
from typing import Any

import msgspec
from flask import Response, request

from services.scheduling import (
    attending,
    concerning,
    documents,
    queries,
    reasons,
    recurrence,
    texts,
)
from services.scheduling.api import session_fields
from services.scheduling.api.acting import check_may_hold, only_theirs_or_teams, runs
from services.scheduling.api.answers import decided, handle, require
from services.scheduling.api.schemas import RepeatBody, SessionBody, SessionChangeBody
from services.scheduling.clashing import clash_warnings, related_communities
from services.scheduling.domain import recurrence_rule
from services.scheduling.domain import session_decisions as d
from services.scheduling.domain.attendance import GivePlaces
from services.scheduling.domain.recurrence_rule import Rule
from services.scheduling.domain.session import CANCELLED, KINDS, STATES, Particulars
from services.scheduling.domain.wall_clock import When
from services.scheduling.events import SESSION
from services.scheduling.history import entry
from services.scheduling.projections.own import COHORTS, SESSIONS
from services.scheduling.recurrence import Repeat
from shared.connection import Connection
from shared.eventstore.streams import Change
from shared.http import reads
from shared.http.acting import acts_for_platform
from shared.http.policies import (
    anyone,
    co_convener_of,
    convener_of,
    operator,
    policy,
    service_token,
    team_of,
)
from shared.identifiers import new_id
from shared.projection.generations import OWN, active
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.changing import append, changing
from shared.web.commands import Answer, expected_version
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.paging import page_asked, page_response
from shared.web.parameters import DRY_RUN, PAGE, one_of, takes

blp = Blueprint("sessions", "sessions", description="What people attend")
_ORDER = ("day", "hour", "id")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMES = {"date", "start", "end", "end_date", "zone", "occurrence"}


@blp.post("/sessions")
@blp.doc(summary="Plan a session, or with `repeat` a series")
@policy(
    convener_of("body:communities"),
    co_convener_of("body:communities"),
    team_of("body:cohort"),
    operator,
    service_token,
)
@takes(DRY_RUN)
@blp.arguments(SessionBody)
@blp.alt_response(201, description="The session, and what it clashes with")
def plan_session(fields: dict[str, Any]) -> Response:
    with service().database.read() as connection:
        check_may_hold(connection, fields.get("cohort"), fields["communities"], "communities")
    repeat = _repeat(fields.pop("repeat", None))
    address = fields.pop("join_address", None)
    related = related_communities(service().settings, fields["communities"])

    def work(connection: Connection) -> Answer:
        particulars = _planned(connection, fields)
        keys, planned = [], [particulars]
        if repeat is not None:
            name = new_id("srs")
            times = decided(_times, repeat, particulars.when)
            planned = [replace(particulars, series=name, when=when) for when in times]
        changes = []
        for one in planned:
            keys.append(new_id("ses"))
            events = decided(SESSION.decide, SESSION.initial, d.Schedule(one))
            changes.append(Change(keys[-1], 0, events))
        append(connection, changes)
        for key in keys:
            texts.set_join_address(connection, key, address)
        return _planned_answer(connection, keys, planned, related)

    return changing(work)


def _planned(connection: Connection, fields: dict[str, Any]) -> Particulars:
    session_fields.check_communities(connection, fields["communities"])
    zone, cohort = "Europe/London", None
    if fields.get("cohort"):
        cohort = queries.one(connection, COHORTS, fields["cohort"])
        if cohort is None:
            raise invalid("cohort", f"{fields['cohort']!r} is no cohort's id")
        zone = cohort.state.zone
    particulars: Particulars = decided(session_fields.meeting, fields, zone)
    if cohort is None:
        return particulars
    for other in queries.sessions_of_cohort(connection, cohort.id):
        known = other.state.known
        same = (known.kind, known.number) == (particulars.kind, particulars.number)
        if same and particulars.number is not None and other.state.state != CANCELLED:
            raise invalid("number", f"the cohort has a {known.kind} {known.number} already")
    return replace(particulars, cohort_name=cohort.state.name)


def _planned_answer(
    connection: Connection, keys: list[str], planned: list[Particulars], related: list[str]
) -> Answer:
    found = [documents.session(f) for f in queries.many(connection, SESSIONS, keys)]
    found.sort(key=lambda s: (s["date"], s["start"]))
    warned = [
        documents.warned(w)
        for key, one in zip(keys, planned, strict=True)
        for w in clash_warnings(connection, key, one, related)
    ]
    body = found[0] | {"warnings": warned}
    if len(found) > 1 or planned[0].series:
        body["sessions"] = found
    return Answer(body, 201, 1, f"/sessions/{found[0]['id']}")


def _repeat(value: Any) -> Rule | Repeat | None:
    """A rule as text, or as an object. Raises Problem 422."""
    if value is None:
        return None
    if isinstance(value, str):
        return decided(recurrence_rule.parse, value)  # type: ignore[no-any-return]
    if not isinstance(value, dict):
        raise invalid("repeat", "must be a recurrence rule as text, or a JSON object")
    if any(name.upper() == "FREQ" for name in value):
        return decided(recurrence_rule.parse_object, value)  # type: ignore[no-any-return]
    schema = RepeatBody()
    if errors := schema.validate(value):
        named = {f"repeat.{name}": list(said) for name, said in errors.items()}
        first, said = next(iter(named.items()))
        raise Problem(422, f"{first}: {said[0]}", named)
    loaded: dict[str, Any] = schema.load(value)
    if "weekday" in loaded:
        loaded["weekday"] = recurrence.WEEKDAYS.index(loaded["weekday"])
    return Repeat(**loaded)


def _times(repeat: Rule | Repeat, first: When) -> list[When]:
    """When the sessions of a series are. Raises Refused."""
    rule = recurrence.rule_of(repeat, first.date) if isinstance(repeat, Repeat) else repeat
    return recurrence.times(rule, first)


@blp.get("/sessions")
@blp.doc(summary="List sessions by their dates")
@policy(anyone)
@takes(
    {
        "community": "Those that this community holds",
        "cohort": "Those of this cohort",
        "series": "Those of this series",
        "person": "Those that concern this person; for themselves, and for the programme team with"
        " `cohort`",
        "from": "From this day on",
        "to": "To this day",
        "kind": one_of(*KINDS),
        "state": one_of(*STATES),
        "needs_decision": "true: those of a community that has closed",
        **PAGE,
    }
)
def list_all() -> Response:
    wanted = page_asked(" ".join(_ORDER), len(_ORDER))
    person = request.args.get("person")
    with service().database.read() as connection:
        conditions = [_condition(connection, n) for n in _FILTERS if n in request.args]
        if person is not None:
            only_theirs_or_teams(connection, person, request.args.get("cohort"))
            today = service().clock.now().date()
            conditions.append(concerning.sessions_of(connection, person, today))
        found = queries.page(connection, SESSIONS, _ORDER, conditions, wanted)
    if person is not None:
        reads.record([person], "which sessions concern you")
    return page_response([documents.session(f) for f in found.items], found.next)


_FILTERS = ("community", "cohort", "series", "from", "to", "kind", "state", "needs_decision")


def _condition(connection: Connection, name: str) -> queries.Condition:
    value = request.args[name]
    choices = {"kind": KINDS, "state": STATES, "needs_decision": ("true", "false")}.get(name)
    if choices and value not in choices:
        raise invalid(name, f"must be one of: {', '.join(choices)}")
    if name in ("from", "to"):
        if not _DAY.fullmatch(value):
            raise invalid(name, "must be a date such as 2026-03-01")
        return f"day {'>=' if name == 'from' else '<='} {{p}}", value
    if name == "community":
        table = f"session_communities_{active(connection, OWN)}"
        return f"id IN (SELECT session FROM {table} WHERE community = {{p}})", value
    if name == "needs_decision":
        return "undecided = {p}", int(value == "true")
    return f"{name} = {{p}}", value


@blp.get("/sessions/<session>")
@blp.doc(summary="One session")
@policy(anyone)
def get_one(session: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, SESSIONS, session)
        attendance = queries.attendance_of(connection, session)
    shown = documents.session(found)
    shown["materials"] = [msgspec.to_builtins(m) for m in attendance.materials if m.public]
    return json_response(shown, version=found.version)


def _altered(before: Particulars, fields: dict[str, Any]) -> set[str]:
    """The communities that a change would have hold the session, or hold it no more."""
    return set(before.communities) ^ set(fields.get("communities", before.communities))


@blp.get("/sessions/<session>/history")
@blp.doc(
    summary="Every change of a session, in a sentence and as data",
    description="`by` and `via` are for those who run the session, and null for all others.",
)
@policy(anyone)
def history(session: str) -> Response:
    with service().database.read() as connection:
        events = service().store.load(connection, session)
        if not events or not events[0].type.startswith("scheduling.session."):
            raise not_found(f"There is no session {session}.")
        why = reasons.of_events(connection, [event.id for event in events])
        about = require(connection, SESSIONS, session).state.known
        sees = runs(connection, about) or acts_for_platform(connection)
    shown = [entry(event, why.get(event.id), with_actor=sees) for event in events]
    return page_response(shown, None)


@blp.patch("/sessions/<session>")
@blp.doc(summary="Move a session, or change what else is said of it")
@policy(convener_of("session"), co_convener_of("session"), team_of("session"), operator)
@takes(DRY_RUN)
@blp.arguments(SessionChangeBody)
def change(fields: dict[str, Any], session: str) -> Response:
    expected_version(required=True)
    if not fields.keys() - {"reason"}:
        raise Problem(422, "The body names nothing to change.")
    reason, moved = fields.pop("reason", None), bool(fields.keys() & _TIMES)
    related: list[str] = []
    with service().database.read() as connection:
        before = require(connection, SESSIONS, session).state.known
    if moved:
        related = related_communities(service().settings, before.communities)

    def work(connection: Connection) -> Answer:
        before = require(connection, SESSIONS, session).state.known
        added = [c for c in fields.get("communities", ()) if c not in before.communities]
        session_fields.check_communities(connection, added)
        check_may_hold(connection, before.cohort, _altered(before, fields), "communities")
        after: Particulars = decided(session_fields.changed, before, fields)
        other = "join_address" in fields and (
            (fields["join_address"] or None) != texts.join_address(connection, session)
        )
        command = d.Change(after, reason or None, "date" in fields, other)
        attendance = attending.load(connection, service(), session)
        loaded = handle(connection, SESSION, session, command)
        if "capacity" in fields:
            places = GivePlaces(attending.about(session, loaded.state), after.capacity)
            append(connection, [attending.change(session, attendance, places)])
        if other:
            texts.set_join_address(connection, session, fields["join_address"])
        warned = clash_warnings(connection, session, after, related) if moved else []
        shown = documents.session(require(connection, SESSIONS, session))
        shown["warnings"] = [documents.warned(w) for w in warned]
        return Answer(shown, 200, loaded.version)

    return changing(work)
