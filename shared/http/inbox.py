"""What waits for a person, in the shape in which every service tells it.

    inbox.blueprint(waiting_for)

makes `GET /people/{id}/inbox`, for the person and for operators: what is due soonest first, then
what has no end, by how long it has waited. The order is the same in every service, so that the
pages of several can be merged.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response

from shared.clock import rfc3339
from shared.connection import Connection
from shared.http import reads
from shared.http.policies import operator, policy, self_
from shared.web.bodies import Blueprint
from shared.web.callers import OPERATOR, caller
from shared.web.context import service
from shared.web.errors import Problem
from shared.web.paging import encode_cursor, page_asked, page_response
from shared.web.parameters import PAGE, takes

_ORDER = "inbox"
_NO_END = "9999"  # sorts after every time that something is due
_TIME = {"format": "date-time"}
_ITEM = {
    "type": "object",
    "required": ["type", "id", "title", "since", "due", "action"],
    "properties": {
        "type": {"type": "string", "description": "What is to be done"},
        "id": {"type": "string", "description": "What it is to be done with"},
        "title": {"type": "string", "description": "What that is called, for the person to read"},
        "since": _TIME | {"type": "string", "description": "Since when it waits"},
        "due": _TIME
        | {"type": ["string", "null"], "description": "Until when; null where it has no end"},
        "action": {"type": "string", "description": "The path, in this service, that does it"},
    },
}
_PAGE = {
    "type": "object",
    "required": ["items", "next"],
    "properties": {
        "items": {"type": "array", "items": _ITEM},
        "next": {"type": ["string", "null"]},
    },
}
_ANSWER = {"description": "A page of it", "content": {"application/json": {"schema": _PAGE}}}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for a person. `type` and `id` are told once, together.

    `action` is the path of the call that does it, beginning with a slash; docs say its method.
    """

    type: str
    id: str
    title: str
    since: datetime
    action: str
    due: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Where it stands in an inbox."""
        due = _NO_END if self.due is None else rfc3339(self.due)
        return due, rfc3339(self.since), self.type, self.id


WaitingFor = Callable[[Connection, str, datetime], Iterable[Waiting]]


def blueprint(waiting_for: WaitingFor) -> Blueprint:
    """`waiting_for(connection, person, now)` gives all that waits for a person, in any order."""
    blp = Blueprint("inbox", "inbox", description="What waits for a person")

    @blp.get("/people/<person>/inbox")
    @blp.doc(
        summary="What waits for a person here, what is due soonest first",
        responses={200: _ANSWER},
    )
    @policy(self_(), operator)
    @takes(PAGE)
    def inbox(person: str) -> Response:
        who = caller()
        if who.kind == OPERATOR and who.actor not in (None, person):
            raise Problem(403, "What waits for somebody is for themselves.")
        with service().database.read() as connection:
            page = page_of(waiting_for(connection, person, service().clock.now()))
        reads.record([person], "what waits for you")
        return page

    return blp


def page_of(waiting: Iterable[Waiting]) -> Response:
    """Of all that waits, the page that was asked for."""
    page = page_asked(_ORDER, 4)
    found = sorted(waiting, key=lambda each: each.key)
    if page.after is not None:
        found = [each for each in found if each.key > page.after]
    here, more = found[: page.limit], len(found) > page.limit
    return page_response(
        [_shown(each) for each in here], encode_cursor(_ORDER, here[-1].key) if more else None
    )


def _shown(each: Waiting) -> dict[str, Any]:
    return {
        "type": each.type,
        "id": each.id,
        "title": each.title,
        "since": rfc3339(each.since),
        "due": None if each.due is None else rfc3339(each.due),
        "action": each.action,
    }
