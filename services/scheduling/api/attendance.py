"""Who comes, who came, who does what at a session, and what is handed out there."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from flask import Response

from services.scheduling import attending, belonging, queries, registry_client
from services.scheduling.api import session_fields
from services.scheduling.api.acting import (
    acts_for_team,
    check_sees_to,
    not_for_oneself,
    only_oneself,
    reads_by_task,
    runs,
)
from services.scheduling.api.answers import decided, require
from services.scheduling.api.attendance_schemas import (
    GuestBody,
    MaterialsBody,
    ReplyBody,
    RoleBody,
    StatusBody,
)
from services.scheduling.api.naming import name_and_note
from services.scheduling.domain import attendance as at
from services.scheduling.domain.budget import guests
from services.scheduling.domain.session import CANCELLED, POSTPONED, Session
from services.scheduling.projections.own import COHORTS, SESSIONS
from shared.connection import Connection
from shared.http.policies import (
    anyone,
    co_convener_of,
    convener_of,
    operator,
    participant_in,
    policy,
    self_,
    service_token,
    team_of,
)
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.changing import append, changing
from shared.web.commands import Answer, answered_before
from shared.web.context import service
from shared.web.errors import Problem, invalid
from shared.web.parameters import DRY_RUN, takes

blp = Blueprint("attendance", "attendance", description="Who comes and who came")


def act(connection: Connection, session: str, command: at.Command) -> at.Attendance:
    """Carry out one command on a session's attendance; what it is afterwards."""
    loaded = attending.load(connection, service(), session)
    change = decided(attending.change, session, loaded, command)
    append(connection, [change])
    after = loaded.state
    for event in change.events:
        after = at.evolve(after, event)
    return after


def reply(
    connection: Connection, session: str, person: str, said: str, *, invited: bool = True
) -> dict[str, Any]:
    """A person's reply; `invited`: the team says so, or they by a link. Raises Problem."""
    found = require(connection, SESSIONS, session)
    state: Session = found.state
    if state.state == CANCELLED:
        raise Problem(409, "This session is cancelled; there is nothing to reply to.")
    about = attending.about(session, state)
    command = at.Reply(about, person, said, state.known.capacity, invited)
    return _reply(act(connection, session, command), session, person)


def _reply(attendance: at.Attendance, session: str, person: str) -> dict[str, Any]:
    replies = dict(attendance.replies)
    place = attendance.waiting.index(person) + 1 if person in attendance.waiting else None
    return {
        "session": session,
        "person": person,
        "reply": replies.get(person),
        "waiting": place is not None,
        "position": place,
        "guest_of": dict(attendance.guests).get(person),
    }


@blp.put("/sessions/<session>/replies/<person>")
@blp.doc(summary="Say whether a person will come")
@policy(self_(), operator)
@takes(DRY_RUN)
@blp.arguments(ReplyBody)
def put_reply(fields: dict[str, Any], session: str, person: str) -> Response:
    def work(connection: Connection) -> Answer:
        require(connection, SESSIONS, session)
        session_fields.check_people(connection, "person", person)
        only_oneself(connection, person, "Only the person themselves says whether they come.")
        invited = caller().actor != person
        return Answer(reply(connection, session, person, fields["reply"], invited=invited))

    return changing(work)


@blp.get("/sessions/<session>/replies")
@blp.doc(summary="Who said that they will come, and who waits for a place")
@policy(convener_of("session"), co_convener_of("session"), team_of("session"), operator)
def list_replies(session: str) -> Response:
    with service().database.read() as connection:
        known = require(connection, SESSIONS, session).state.known
        check_sees_to(connection, known)
        attendance = queries.attendance_of(connection, session)
        by_task = reads_by_task(connection, known)
    items = [_reply(attendance, session, person) for person, _ in attendance.replies]
    name_and_note(items, "whether you come to a session", noted=by_task)
    body = {
        "items": items,
        "next": None,
        "coming": len(attendance.coming),
        "waiting": len(attendance.waiting),
        "capacity": known.capacity,
    }
    return json_response(body, private=True)


@blp.put("/sessions/<session>/attendance/<person>")
@blp.doc(summary="Record whether a person came; a later record corrects an earlier one")
@policy(
    convener_of("session"), co_convener_of("session"), team_of("session"), operator, service_token
)
@blp.arguments(StatusBody)
def put_status(fields: dict[str, Any], session: str, person: str) -> Response:
    def work(connection: Connection) -> Answer:
        state = require(connection, SESSIONS, session).state
        check_sees_to(connection, state.known)
        session_fields.check_people(connection, "person", person)
        if state.state == CANCELLED:
            raise Problem(409, "This session was cancelled: nobody can have come.")
        _check_begun(state, fields["status"])
        if fields["status"] == at.ATTENDED:
            not_for_oneself(connection, state.known.communities, person)
        command = at.Record(attending.about(session, state), person, fields["status"])
        act(connection, session, command)
        return Answer({"session": session, "person": person, "status": fields["status"]})

    return changing(work)


def _check_begun(state: Session, status: str) -> None:
    """Raises Problem 422: apologies can come before a session, and nobody has been there yet."""
    when = state.known.when
    if status != at.ATTENDED:
        return
    if state.state == POSTPONED:
        raise invalid("status", "the session is postponed, so nobody can have attended it yet")
    if service().clock.now() < when.begins():
        told = f"the session has not begun; it does at {when.start} on {when.date} ({when.zone})"
        raise invalid("status", told)


@blp.get("/sessions/<session>/attendance")
@blp.doc(summary="Who came, with corrections")
@policy(convener_of("session"), co_convener_of("session"), team_of("session"), operator)
def list_statuses(session: str) -> Response:
    with service().database.read() as connection:
        known = require(connection, SESSIONS, session).state.known
        check_sees_to(connection, known)
        attendance = queries.attendance_of(connection, session)
        by_task = reads_by_task(connection, known)
        events = service().store.load(connection, attending.stream_of(session))
    recorded: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if event.type == "scheduling.attendance.recorded":
            data = msgspec.json.decode(event.data)
            entry = {"status": data["status"], "at": event.time.isoformat(), "by": event.actor}
            recorded.setdefault(data["person"], []).append(entry)
    items = [
        {"person": person, "status": status, "history": recorded.get(person, [])}
        for person, status in attendance.statuses
    ]
    name_and_note(items, "whether you came to a session", noted=by_task)
    return json_response({"items": items, "next": None}, private=True)


# --- roles ---


@blp.put("/sessions/<session>/roles/<person>")
@blp.doc(summary="Have a person facilitate or speak at a session")
@policy(convener_of("session"), co_convener_of("session"), team_of("session"), operator)
@takes(DRY_RUN)
@blp.arguments(RoleBody)
def put_role(fields: dict[str, Any], session: str, person: str) -> Response:
    def work(connection: Connection) -> Answer:
        state = require(connection, SESSIONS, session).state
        session_fields.check_people(connection, "person", person)
        if not runs(connection, state.known):
            not_for_oneself(connection, state.known.communities, person)
        command = at.AssignRole(attending.about(session, state), person, fields["role"])
        return Answer(_roles(act(connection, session, command), session))

    return changing(work)


@blp.delete("/sessions/<session>/roles/<person>/<any(facilitator, speaker):role>")
@blp.doc(summary="Take a role at a session from a person")
@policy(self_(), convener_of("session"), co_convener_of("session"), team_of("session"), operator)
def delete_role(session: str, person: str, role: str) -> Response:
    def work(connection: Connection) -> Answer:
        state = require(connection, SESSIONS, session).state
        command = at.RemoveRole(attending.about(session, state), person, role)
        return Answer(_roles(act(connection, session, command), session))

    return changing(work)


@blp.get("/sessions/<session>/roles")
@blp.doc(summary="Who facilitates and speaks at a session")
@policy(
    participant_in("session"),
    convener_of("session"),
    co_convener_of("session"),
    team_of("session"),
    operator,
)
def list_roles(session: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, SESSIONS, session)
        body = _roles(queries.attendance_of(connection, session), session)
        sees_names = caller().actor is None or runs(connection, found.state.known)
        by_task = reads_by_task(connection, found.state.known)
    if sees_names:
        name_and_note(body["items"], "your role at a session", noted=by_task)
    return json_response(body)


def _roles(attendance: at.Attendance, session: str) -> dict[str, Any]:
    items = [{"person": person, "role": role} for person, role in attendance.roles]
    return {"session": session, "items": items, "next": None}


# --- materials ---


@blp.put("/sessions/<session>/materials")
@blp.doc(summary="Set the links that are for before and after a session")
@policy(convener_of("session"), co_convener_of("session"), team_of("session"), operator)
@takes(DRY_RUN)
@blp.arguments(MaterialsBody)
def put_materials(fields: dict[str, Any], session: str) -> Response:
    materials = tuple(at.Material(**entry) for entry in fields["materials"])

    def work(connection: Connection) -> Answer:
        state = require(connection, SESSIONS, session).state
        command = at.SetMaterials(attending.about(session, state), materials)
        act(connection, session, command)
        return Answer({"session": session, "materials": msgspec.to_builtins(materials)})

    return changing(work)


@blp.get("/sessions/<session>/materials")
@blp.doc(summary="The links of a session; without a token, those that are public")
@policy(anyone)
def list_materials(session: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, SESSIONS, session)
        attendance = queries.attendance_of(connection, session)
        part = _is_for(connection, found)
    shown = [m for m in attendance.materials if part or m.public]
    return json_response({"session": session, "materials": msgspec.to_builtins(shown)})


def _is_for(connection: Connection, found: queries.Found) -> bool:
    """Whether the caller takes part in this session or sees to it."""
    who = caller()
    if who.kind == "anyone":
        return False
    if who.actor is None or runs(connection, found.state.known):
        return True
    return belonging.part(connection, found, who.actor, _now()).is_concerned


# --- guests ---


@blp.post("/sessions/<session>/guests")
@blp.doc(summary="Invite a guest of a participant to a celebration")
@policy(self_("body:invited_by"), team_of("session"), operator)
@blp.arguments(GuestBody)
@blp.alt_response(201, description="The guest, by id")
def invite(fields: dict[str, Any], session: str) -> Response:
    if (before := answered_before()) is not None:
        return before
    by = fields.pop("invited_by")
    with service().database.read() as connection:
        known = _check_invites(connection, session, by).known
    until = known.when.end_date + timedelta(days=1)
    guest = registry_client.add_person(service().settings, fields, f"guest, {session}", until)

    def work(connection: Connection) -> Answer:
        _check_invites(connection, session, by)
        found = require(connection, SESSIONS, session)
        most, about = found.state.known.guests_each, attending.about(session, found.state)
        takes_part = belonging.part(connection, found, guest, _now()).takes_part
        cohort = queries.one(connection, COHORTS, known.cohort or "")
        programme = cohort.state.programme_name if cohort else None
        command = at.InviteGuest(about, guest, by, most, takes_part, programme)
        act(connection, session, command)
        return Answer({"session": session, "guest": guest, "invited_by": by}, 201)

    return changing(work)


def _check_invites(connection: Connection, session: str, by: str) -> Session:
    """The session, where this participant can invite a guest to it. Raises Problem.

    Asked before a guest's name and address are handed to the registry.
    """
    state: Session = require(connection, SESSIONS, session).state
    known = state.known
    for_team = caller().actor != by and acts_for_team(connection, known.cohort or "")
    if caller().actor != by and not for_team:
        raise Problem(403, "Guests are invited by the participant, or by the programme team.")
    session_fields.check_people(connection, "invited_by", by)
    if known.cohort is None or known.cohort not in queries.cohorts_of(connection, by):
        raise invalid("invited_by", "takes no part in the cohort of this session")
    if state.state == CANCELLED:
        raise Problem(409, "This session is cancelled; nobody can be invited to it.")
    attendance = queries.attendance_of(connection, session)
    decided(at.check_room_for_guest, attendance, by, known.guests_each)
    if not for_team:
        _check_budget(connection, session, by, known.guests_each)
    return state


def _check_budget(connection: Connection, session: str, by: str, most: int) -> None:
    """Raises Problem where a participant has invited enough; the programme team may beyond it."""
    invited = attending.guests_invited_at(connection, service(), session, by)
    if refusal := guests(most).refusal(invited, _now()):
        raise Problem(409, refusal)


def _now() -> datetime:
    return service().clock.now()
