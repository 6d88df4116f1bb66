"""Cohorts: made with their sessions, changed, opened and closed for applications."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request

from services.scheduling import admitting, documents, queries, texts
from services.scheduling.api import session_fields
from services.scheduling.api.acting import acts_for_team, only_the_team
from services.scheduling.api.answers import decided, handle, require
from services.scheduling.api.schemas import CohortBody, CohortChangeBody
from services.scheduling.clashing import clash_warnings
from services.scheduling.domain import cohort as c
from services.scheduling.domain import session_decisions as d
from services.scheduling.domain.programme import Rules
from services.scheduling.domain.session import MODULE, WEBINAR, Particulars
from services.scheduling.events import COHORT, SESSION
from services.scheduling.history import entry
from services.scheduling.passing_time import present_state
from services.scheduling.projections.own import COHORTS, PROGRAMMES, SESSIONS
from shared.connection import Connection
from shared.eventstore.streams import Change
from shared.http.policies import anyone, operator, policy, service_token, team_of
from shared.identifiers import new_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.changing import append, changing
from shared.web.commands import Answer, check_version, expected_version
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.paging import page_asked, page_response
from shared.web.parameters import DRY_RUN, PAGE, one_of, takes

blp = Blueprint("cohorts", "cohorts", description="Runs of a programme, and their dates")
_ORDER = ("began_at", "id")


@blp.post("/cohorts")
@blp.doc(summary="Make a cohort with its sessions; warnings say which rules they break")
@policy(team_of("body:programme"), operator, service_token)
@takes(DRY_RUN)
@blp.arguments(CohortBody)
@blp.alt_response(201, description="The cohort as made")
def make(fields: dict[str, Any]) -> Response:
    wanted = fields.pop("sessions")
    _check_different(wanted)
    for session in wanted:
        session.pop("id", None)  # a plan's, or the caller's own: these get ids of ours

    def work(connection: Connection) -> Answer:
        programme = queries.one(connection, PROGRAMMES, fields["programme"])
        if programme is None:
            raise invalid("programme", f"{fields['programme']!r} is no programme's id")
        stream = new_id("coh")
        created = c.Created(programme_name=programme.state.name, **fields)
        events = decided(COHORT.decide, COHORT.initial, c.Create(created))
        cohort = COHORT.evolve(COHORT.initial, events[0])
        changes = [Change(stream, 0, events)]
        changes += _session_changes(connection, stream, cohort, programme.state.rules, wanted)
        append(connection, changes)
        _keep_addresses(connection, changes[1:], wanted)
        return _answer(connection, stream, 201, [change.stream for change in changes[1:]])

    return changing(work)


def _check_different(wanted: Sequence[dict[str, Any]]) -> None:
    """Raises Problem 422 where two sessions of a request have one id."""
    first: dict[str, int] = {}
    for place, session in enumerate(wanted):
        key = session.get("id")
        if key is not None and first.setdefault(key, place) != place:
            raise invalid(f"sessions.{place}.id", f"is that of sessions.{first[key]} already")


def _session_changes(
    connection: Connection,
    stream: str,
    cohort: c.Cohort,
    rules: Rules,
    wanted: Sequence[dict[str, Any]],
) -> list[Change]:
    """What the request brings about in each of its sessions, new or known by its id."""
    known = {f.id: f for f in queries.sessions_of_cohort(connection, stream)}
    for place, fields in enumerate(wanted):
        key = fields.get("id")
        if key is not None and key not in known:
            raise invalid(f"sessions.{place}.id", f"{key!r} is no session of this cohort")
    loaded = service().streams.load_many(
        connection, SESSION, [f["id"] for f in wanted if f.get("id")]
    )
    numbered = {
        key: (f.state.known.kind, f.state.known.number)
        for key, f in known.items()
        if f.state.known.number is not None and f.state.state != "cancelled"
    }
    changes = []
    for place, fields in enumerate(wanted):
        where, key = f"sessions.{place}", fields.get("id")
        command: d.Command
        if key is None:
            key, state, version = new_id("ses"), SESSION.initial, 0
            after = decided(
                session_fields.of_cohort, fields, stream, cohort, rules, where, within=where
            )
            command = d.Schedule(after)
        else:
            state, version = loaded[key].state, loaded[key].version
            after = decided(session_fields.changed, state.known, fields, within=where)
            command = d.Change(after, dated="date" in fields)
        _check_number(numbered, key, after, where)
        events = decided(SESSION.decide, state, command, within=where)
        changes.append(Change(key, version, events))
    return changes


def _check_number(
    numbered: dict[str, tuple[str, int | None]], key: str, after: Particulars, where: str
) -> None:
    """No two modules or webinars of one cohort have one number. Raises Problem 422."""
    if after.kind not in (MODULE, WEBINAR):
        return
    if any(n == (after.kind, after.number) for other, n in numbered.items() if other != key):
        raise invalid(
            f"{where}.number", f"there are two {after.kind}s with the number {after.number}"
        )
    numbered[key] = (after.kind, after.number)


def _keep_addresses(
    connection: Connection, changes: Sequence[Change], wanted: Sequence[dict[str, Any]]
) -> None:
    for change, fields in zip(changes, wanted, strict=True):
        if "join_address" in fields:
            texts.set_join_address(connection, change.stream, fields["join_address"])


def shown(connection: Connection, cohort: str) -> dict[str, Any]:
    """The cohort's document. Raises Problem 404."""
    found = require(connection, COHORTS, cohort)
    programme = require(connection, PROGRAMMES, found.state.programme)
    sessions = queries.sessions_of_cohort(connection, cohort)
    version = queries.cohort_version(connection, cohort)
    state = present_state(found.state, sessions, service().clock.now())
    return documents.cohort(found, programme.state.rules, sessions, version, state)


def _answer(
    connection: Connection, cohort: str, status: int = 200, moved: Sequence[str] = ()
) -> Answer:
    """The cohort, with clashes of those of its sessions that were made or moved."""
    body = shown(connection, cohort)
    for found in queries.many(connection, SESSIONS, moved):
        warned = clash_warnings(connection, found.id, found.state.known)
        body["warnings"] += [documents.warned(w) for w in warned]
    location = f"/cohorts/{cohort}" if status == 201 else None
    return Answer(body, status, body["version"], location)


@blp.get("/cohorts")
@blp.doc(summary="List cohorts")
@policy(anyone)
@takes({"programme": "Those of this programme", "state": one_of(*c.STATES), **PAGE})
def list_all() -> Response:
    state = request.args.get("state")
    if state not in (None, *c.STATES):
        raise invalid("state", f"must be one of: {', '.join(c.STATES)}")
    wanted = page_asked(" ".join(_ORDER), len(_ORDER))
    programme = request.args.get("programme")
    conditions = [("programme = {p}", programme)] if programme is not None else []
    with service().database.read() as connection:

        def show(found: Sequence[queries.Found]) -> list[dict[str, Any] | None]:
            items = [shown(connection, cohort.id) for cohort in found]
            return [item if state in (None, item["state"]) else None for item in items]  # as now

        page = queries.page_as_shown(connection, COHORTS, _ORDER, conditions, wanted, show)
    return page_response(*page)


@blp.get("/cohorts/<cohort>")
@blp.doc(summary="One cohort with its sessions, and the rules that they break")
@policy(anyone)
def get_one(cohort: str) -> Response:
    with service().database.read() as connection:
        body = shown(connection, cohort)
    return json_response(body, version=body["version"])


@blp.get("/cohorts/<cohort>/history")
@blp.doc(
    summary="Every change of a cohort, in a sentence and as data",
    description="`by` and `via` are for its programme team, and null for all others.",
)
@policy(anyone)
def history(cohort: str) -> Response:
    with service().database.read() as connection:
        events = service().store.load(connection, cohort)
        if not events or not events[0].type.startswith("scheduling.cohort."):
            raise not_found(f"There is no cohort {cohort}.")
        sees = acts_for_team(connection, cohort)
    return page_response([entry(event, with_actor=sees) for event in events], None)


@blp.patch("/cohorts/<cohort>")
@blp.doc(summary="Change a cohort; sessions with an id are moved, those without are added")
@policy(team_of(), operator)
@takes(DRY_RUN)
@blp.arguments(CohortChangeBody)
def change(fields: dict[str, Any], cohort: str) -> Response:
    expected_version(required=True)
    if not fields:
        raise Problem(422, "The body names nothing to change.")
    wanted = fields.pop("sessions", [])
    _check_different(wanted)

    def work(connection: Connection) -> Answer:
        only_the_team(connection, cohort)
        admitting.in_turn(connection, cohort)
        found = require(connection, COHORTS, cohort)
        check_version(cohort, queries.cohort_version(connection, cohort))
        rules = require(connection, PROGRAMMES, found.state.programme).state.rules
        streams = service().streams
        loaded = streams.load(connection, COHORT, cohort)
        applications = admitting.load(connection, service(), cohort)
        command = c.Change(c.Changed(**fields), admitting.taken(applications))
        events = decided(COHORT.decide, loaded.state, command)
        after = loaded.state
        for event in events:
            after = COHORT.evolve(after, event)
        changes = [Change(cohort, loaded.version, events)]
        sessions = _session_changes(connection, cohort, after, rules, wanted)
        more = after.places - loaded.state.places
        offers = admitting.more_places(applications, after, service().clock.now(), more)
        append(connection, [*changes, *sessions, *offers])
        _keep_addresses(connection, sessions, wanted)
        return _answer(connection, cohort, 200, [change.stream for change in sessions])

    return changing(work)


@blp.post("/cohorts/<cohort>/opening")
@blp.doc(summary="Open a cohort for applications")
@policy(team_of(), operator, service_token)
@takes(DRY_RUN)
def open_(cohort: str) -> Response:
    return _act(cohort, c.Open(service().clock.now()))


@blp.post("/cohorts/<cohort>/closing")
@blp.doc(summary="Close a cohort for applications")
@policy(team_of(), operator)
@takes(DRY_RUN)
def close(cohort: str) -> Response:
    return _act(cohort, c.Close())


def _act(cohort: str, command: c.Command) -> Response:
    def work(connection: Connection) -> Answer:
        require(connection, COHORTS, cohort)
        only_the_team(connection, cohort)
        check_version(cohort, queries.cohort_version(connection, cohort))
        handle(connection, COHORT, cohort, command, named=False)
        return _answer(connection, cohort)

    return changing(work)
