"""Messages to the conveners of a community: with the count first, and one answer each way."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Response

from services.notifications.messages import handlers, store
from services.notifications.messages.handlers import Answered, NobodyThere, Ready, TooMany
from services.notifications.messages.schemas import AnswerBody, MessageBody
from services.notifications.messages.store import Message
from services.notifications.reach import names_of, would_reach
from shared.connection import Connection
from shared.http.policies import co_convener_of, convener_of, operator, policy, self_, signed_in
from shared.service.authority import convened
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.commands import Answer, cause, transact
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found, too_many
from shared.web.forecasts import dry_run_asked
from shared.web.paging import page_asked, page_response
from shared.web.parameters import DRY_RUN, PAGE, takes

blp = Blueprint("messages", "messages", description="Messages to the conveners of communities")
_OURS = policy(self_("message"), convener_of("message"), co_convener_of("message"))


@blp.post("/messages")
@blp.doc(
    summary="Write to those who convene a community; nobody's address is shown",
    description="Five a day, and one a day to one community. It can be answered once each way.",
)
@takes(DRY_RUN)
@policy(signed_in, operator)
@blp.arguments(MessageBody)
@blp.alt_response(201, description="The message, on its way")
def write(fields: dict[str, Any]) -> Response:
    sender, now = _actor(), service().clock.now()

    def ready(connection: Connection) -> Ready:
        return handlers.to_conveners(connection, sender, fields["community"], fields["text"], now)

    return _send(sender, ready, now)


@blp.post("/messages/<message>/answer")
@blp.doc(summary="Answer a message, once: its sender reads it, and may answer once in turn")
@takes(DRY_RUN)
@_OURS
@blp.arguments(AnswerBody)
@blp.alt_response(201, description="The answer, on its way")
def answer(fields: dict[str, Any], message: str) -> Response:
    sender, now = _actor(), service().clock.now()

    def ready(connection: Connection) -> Ready:
        before = _found(connection, message)
        return handlers.as_answer(connection, before, sender, fields["text"], now)

    return _send(sender, ready, now)


@blp.get("/messages")
@blp.doc(
    summary="What one wrote, and what was written to one or to what one convenes; newest first"
)
@takes(PAGE)
@policy(signed_in)
def list_all() -> Response:
    wanted, person = page_asked(store.ORDER, 2), _actor()
    with service().database.read() as connection:
        mine = convened(connection, person, service().clock.now().date())
        found, following = store.page_of(connection, person, mine, wanted)
        items = _documents(connection, found)
    return page_response(items, following)


@blp.get("/messages/<message>")
@blp.doc(summary="One message, for who wrote it and for those to whom it was written")
@_OURS
def get_one(message: str) -> Response:
    with service().database.read() as connection:
        (item,) = _documents(connection, [_found(connection, message)])
    return json_response(item, private=True)


def _send(sender: str, ready: Callable[[Connection], Ready], now: datetime) -> Response:
    """Send it or, where a dry run is asked, count whom it would reach."""
    try:
        if dry_run_asked():
            return json_response(_reach(ready, now), private=True)
        reached, names = _reached(ready, now), names_of([sender])

        def work(connection: Connection) -> Answer:
            handlers.take_turns(connection, sender)
            made = ready(connection)
            handlers.send(service().streams, connection, made, cause=cause(), now=now)
            message = made.message
            body = _document(message, {}, names) | {"reaches": reached}
            return Answer(body, 201, location=f"/messages/{message.id}")

        return transact(service(), work)
    except TooMany as error:
        raise too_many(f"{error} Try again later.", error.until, now) from error
    except (NobodyThere, Answered) as error:
        raise Problem(409, str(error)) from error


def _reach(ready: Callable[[Connection], Ready], now: datetime) -> dict[str, int]:
    with service().database.read() as connection:
        message, planned = ready(connection)
    return would_reach(planned, message.id, now)


def _reached(ready: Callable[[Connection], Ready], now: datetime) -> int:
    """How many will read it: asked before the transaction, which waits for no other service.

    Raises NobodyThere. Other refusals are the transaction's, which also knows a repeated request.
    """
    try:
        found = _reach(ready, now)["notifies"]
    except (TooMany, Answered, NobodyThere):
        return 0
    if not found:
        raise NobodyThere("Nobody who would read it can be written to just now.")
    return found


def _actor() -> str:
    """Who writes or reads: the operator's token acts for somebody."""
    actor = caller().actor
    if actor is None:
        raise invalid("Hedgerow-Actor", "is missing: whose message is it?")
    return actor


def _found(connection: Connection, message: str) -> Message:
    found = store.by_id(connection, message)
    if found is None:
        raise not_found(f"There is no message {message}.")
    return found


def _documents(connection: Connection, found: Sequence[Message]) -> list[dict[str, Any]]:
    answers = store.answered_among(connection, [message.id for message in found])
    names = names_of([message.sender for message in found])
    return [_document(message, answers, names) for message in found]


def _document(
    message: Message, answers: Mapping[str, str], names: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "id": message.id,
        "community": message.community,
        "from": {"id": message.sender, "name": names.get(message.sender)},
        "to": message.recipient,
        "text": message.text,
        "answers": message.answers,
        "answer": answers.get(message.id),
        "created_at": message.at,
    }
