"""A participant's or a guest's page for one session, by a signed link: yes, no or perhaps."""

from datetime import timedelta
from typing import Any

from flask import Response, request

from services.scheduling import belonging, known, queries, registry_client, texts
from services.scheduling.api import attendance, session_fields, session_words
from services.scheduling.api.answers import require
from services.scheduling.domain.attendance import REPLIES
from services.scheduling.domain.session import CANCELLED, PLANNED, Session
from services.scheduling.links import GUEST, REPLY, signed_link
from services.scheduling.projections.own import SESSIONS
from shared.connection import Connection
from shared.http import reads
from shared.http.acting import acts_for_platform
from shared.http.policies import anyone, operator, policy, self_
from shared.web import pages
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.context import service
from shared.web.errors import Problem
from shared.web.pages import address

blp = Blueprint("reply", "reply", description="Replies by a signed link")
_pages = pages.Pages("services.scheduling")


@blp.get("/reply/<signed>")
@blp.doc(summary="A session and whether one will come; opening it changes nothing")
@policy(anyone)
def show(signed: str) -> Response:
    return _show(REPLY, signed)


@blp.post("/reply/<signed>")
@blp.doc(summary="Say whether one will come, by the form field `reply`")
@policy(anyone)
def answer(signed: str) -> Response:
    return _answer(REPLY, signed)


@blp.get("/guest/<signed>")
@blp.doc(summary="The same for an invited guest")
@policy(anyone)
def show_guest(signed: str) -> Response:
    return _show(GUEST, signed)


@blp.post("/guest/<signed>")
@blp.doc(summary="A guest says whether they will come, by the form field `reply`")
@policy(anyone)
def answer_guest(signed: str) -> Response:
    return _answer(GUEST, signed)


def _show(purpose: str, signed: str) -> Response:
    return _page(*_opened(purpose, signed))


def _answer(purpose: str, signed: str) -> Response:
    session, person = _opened(purpose, signed)
    said = request.form.get("reply", "")
    if said not in REPLIES:
        return _page(session, person, "Choose one of the buttons.", status=422)
    problem = pages.done(lambda connection: attendance.reply(connection, session, person, said))
    return _page(session, person, problem, None if problem else "Thank you for your answer.")


def _opened(purpose: str, signed: str) -> tuple[str, str]:
    """The session and the person. Raises Unusable."""
    link = pages.opened(purpose, signed)
    session, _, person = link.subject.partition(" ")
    pages.check_owner(link, purpose, person)
    with service().database.read() as connection:
        found = queries.one(connection, SESSIONS, session)
        invited = dict(queries.attendance_of(connection, session).guests)
        gone = bool(known.unknown_people(connection, [person]))
    if gone:
        raise pages.no_longer()
    if found is None or (purpose == GUEST and person not in invited):
        raise pages.used_up()
    return session, person


def _page(
    session: str,
    person: str,
    problem: str | None = None,
    done: str | None = None,
    status: int = 409,
) -> Response:
    with service().database.read() as connection:
        found = require(connection, SESSIONS, session)
        state: Session = found.state
        replies = queries.attendance_of(connection, session)
        part = belonging.part(connection, found, person, service().clock.now())
        join = texts.join_address(connection, session) if part.may_join else None
    waits = replies.waiting.index(person) + 1 if person in replies.waiting else None
    when = state.known.when
    return _pages(
        "reply",
        status if problem else 200,
        owner=registry_client.names(service().settings, [person]).get(person),
        session=state.known,
        when=f"{session_words.day(when)}, {session_words.hours(when)}",
        how=session_words.how(state),
        join=join,
        off=state.state if state.state == CANCELLED else None,
        standing=_standing(dict(replies.replies).get(person), waits)
        + ("" if state.state == PLANNED else " The session is postponed; a new date will follow.")
        + (_NO_PART if part.of_cohort and not part.is_concerned else ""),
        problem=problem,
        done=done,
    )


_NO_PART = (
    " You do not take part in this cohort, so you are not shown what is for its participants."
)


def _standing(reply: str | None, waits: int | None) -> str:
    if waits is not None:
        return f"You said yes. All places are taken: you are number {waits} on the waiting list."
    words = {"yes": "You said yes.", "no": "You said no.", "maybe": "You said perhaps."}
    return words.get(reply or "", "You have not said yet.")


@blp.post("/sessions/<session>/replies/<person>/link")
@blp.doc(summary="A link by which a person replies, without an account")
@policy(self_(), operator)
@blp.alt_response(201, description="The address")
def link(session: str, person: str) -> Response:
    with service().database.read() as connection:
        particulars = require(connection, SESSIONS, session).state.known
        session_fields.check_people(connection, "person", person)
        _check_may_ask(connection, session, person)
        guests = dict(queries.attendance_of(connection, session).guests)
        purpose = GUEST if person in guests else REPLY
        expires = max(particulars.when.ends(), service().clock.now()) + timedelta(days=90)
        signed = signed_link(connection, purpose, f"{session} {person}", person, expires)
    reads.record([person], "a link by which you reply to a session")
    body: dict[str, Any] = {"url": address(f"{purpose}/{signed}")}
    return json_response(body, 201, private=True)


def _check_may_ask(connection: Connection, session: str, person: str) -> None:
    """Raises Problem 403: a link invites, so the team gives it, or who takes part to themselves."""
    actor = caller().actor
    if acts_for_platform(connection) and actor != person:
        return
    found = require(connection, SESSIONS, session)
    now = service().clock.now()
    if actor != person or not belonging.part(connection, found, person, now).is_concerned:
        raise Problem(403, "Only those who take part in a session are given a link to reply by.")
