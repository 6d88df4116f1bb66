"""What communities say of those that they were shown; and, of all of it, labels to judge by."""

from typing import Any

from flask import Response

from services.discovery import links
from services.discovery.api.answers import decided
from services.discovery.domain.feedback import Give, TakeBack
from services.discovery.events import FEEDBACK
from services.discovery.linking import known
from shared.connection import Connection
from shared.eventstore.streams import Change
from shared.http.policies import co_convener_of, convener_of, operator, policy
from shared.identifiers import derived_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.changing import append
from shared.web.commands import Answer, transact
from shared.web.context import service
from shared.web.errors import invalid, not_found

from services.discovery.api.schemas import FeedbackBody  # isort: skip

blp = Blueprint("feedback", "feedback", description="Whether a suggestion was of use")
_OWN = policy(convener_of(), co_convener_of(), operator)
_AT = "/communities/<community>/related/<other>/feedback"


@blp.put(_AT)
@blp.doc(summary="Say whether a related community is useful to this one; not-useful hides it here")
@_OWN
@blp.arguments(FeedbackBody)
def give(fields: dict[str, Any], community: str, other: str) -> Response:
    return _change(community, other, Give(community, other, fields["verdict"]))


@blp.delete(_AT)
@blp.doc(summary="Take back what was said: nothing is hidden, nothing is a label")
@_OWN
def take_back(community: str, other: str) -> Response:
    return _change(community, other, TakeBack())


@blp.get("/communities/<community>/related/feedback")
@blp.doc(summary="What a community said of others: hidden ones are found here, to show them again")
@_OWN
def said(community: str) -> Response:
    with service().database.read() as connection:
        _check_known(connection, community)
        items = links.feedback(connection, community)
        named = known(connection, [item["id"] for item in items])
    shown = [
        dict(item) | {"name": named[item["id"]].name if item["id"] in named else ""}
        for item in items
    ]
    return json_response({"items": shown, "next": None})


@blp.get("/labels")
@blp.doc(summary="What use has judged, as lines of two communities and a relevance from 0 to 3")
@policy(operator)
def labels() -> Response:
    with service().database.read() as connection:
        lines = [f"{one}\t{other}\t{how}\n" for one, other, how in links.labels(connection)]
    return Response("".join(lines), content_type="text/tab-separated-values; charset=utf-8")


def _change(community: str, other: str, command: Give | TakeBack) -> Response:
    if community == other:
        raise invalid("other", "must be another community")

    def work(connection: Connection) -> Answer:
        _check_known(connection, community, other)
        stream = derived_id("fbk", community, other)
        loaded = service().streams.load(connection, FEEDBACK, stream)
        events = decided(FEEDBACK.decide, loaded.state, command)
        append(connection, [Change(stream, loaded.version, events)])
        verdict = command.verdict if isinstance(command, Give) else None
        return Answer({"community": community, "other": other, "verdict": verdict})

    return transact(service(), work)


def _check_known(connection: Connection, *communities: str) -> None:
    """Raises Problem 404 that names the first that discovery has not heard of."""
    there = known(connection, communities)
    for community in communities:
        if community not in there:
            raise not_found(
                f"Discovery knows no community {community}."
                " If it was registered a moment ago, it may still be on its way."
            )
