"""What participants say of a session once it is over, for those who take part alone."""

from datetime import datetime
from typing import Any

from flask import Response

from services.scheduling import attending, belonging, texts
from services.scheduling.api import session_fields
from services.scheduling.api.acting import only_oneself, runs
from services.scheduling.api.answers import require
from services.scheduling.api.attendance import act
from services.scheduling.api.attendance_schemas import ReflectionBody
from services.scheduling.api.naming import name_and_note
from services.scheduling.domain import attendance as at
from services.scheduling.domain.session import CANCELLED, POSTPONED, Session
from services.scheduling.projections.own import SESSIONS
from shared.connection import Connection
from shared.http.policies import operator, participant_in, policy, self_, team_of
from shared.identifiers import new_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.changing import changing
from shared.web.commands import Answer
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found

blp = Blueprint("reflections", "reflections", description="What participants say afterwards")
_ONLY_ONE_S_OWN = "A reflection is added and deleted by the person whose words it is."


@blp.post("/sessions/<session>/reflections")
@blp.doc(summary="Add a reflection after a webinar, for the cohort alone")
@policy(self_("body:person"), operator)
@blp.arguments(ReflectionBody)
@blp.alt_response(201, description="The reflection")
def reflect(fields: dict[str, Any], session: str) -> Response:
    def work(connection: Connection) -> Answer:
        found = require(connection, SESSIONS, session)
        session_fields.check_people(connection, "person", fields["person"])
        only_oneself(connection, fields["person"], _ONLY_ONE_S_OWN)
        if not belonging.part(connection, found, fields["person"], _now()).takes_part:
            raise invalid("person", "takes no part in this session")
        _check_over(found.state)
        key = new_id("ref")
        command = at.AddReflection(attending.about(session, found.state), fields["person"], key)
        act(connection, session, command)
        now = service().clock.now()
        texts.keep_reflection(connection, key, session, fields["person"], fields["text"], now)
        return Answer({"id": key, "session": session, **fields}, 201)

    return changing(work)


def _check_over(state: Session) -> None:
    """Raises Problem where there is nothing to reflect on yet, or never will be."""
    when = state.known.when
    if state.state == CANCELLED:
        raise Problem(409, "This session was cancelled: there is nothing to reflect on.")
    if state.state == POSTPONED:
        raise invalid("text", "the session is postponed; reflections are taken once it is over")
    if service().clock.now() < when.ends():
        told = f"it ends at {when.end} on {when.end_date} ({when.zone})"
        raise invalid("text", f"the session is not over yet: {told}, and reflections come after")


@blp.get("/sessions/<session>/reflections")
@blp.doc(summary="The reflections on a session; for its cohort alone")
@policy(participant_in("session"), team_of("session"), operator)
def list_reflections(session: str) -> Response:
    with service().database.read() as connection:
        found = require(connection, SESSIONS, session)
        actor = caller().actor
        sees_to_it = actor is None or runs(connection, found.state.known)
        if not sees_to_it and not belonging.part(connection, found, actor or "", _now()).takes_part:
            raise Problem(403, "Reflections are for those who take part.")
        items = texts.reflections(connection, session)
    if sees_to_it:
        name_and_note(items, "your reflection on a session")
    return json_response({"items": items, "next": None}, private=True)


@blp.delete("/sessions/<session>/reflections/<reflection>")
@blp.doc(summary="Delete a reflection")
@policy(self_("reflection"), operator)
def delete_reflection(session: str, reflection: str) -> Response:
    def work(connection: Connection) -> Answer:
        mine = {r["id"]: r["person"] for r in texts.reflections(connection, session)}
        if reflection not in mine:
            raise not_found(f"There is no reflection {reflection}.")
        only_oneself(connection, mine[reflection], _ONLY_ONE_S_OWN)
        texts.delete_reflection(connection, session, reflection)
        return Answer({"id": reflection, "deleted": True})

    return changing(work)


def _now() -> datetime:
    return service().clock.now()
