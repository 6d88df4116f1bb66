"""Recording that the present caller reads other people's data, and showing those people.

reads.record([application.person for application in found], "applications to a cohort")
"""

from collections.abc import Iterable
from typing import Any

from flask import Response, request

from shared.http.policies import operator, policy, self_, service_token
from shared.service import reads
from shared.service.reads import Read
from shared.web.bodies import Blueprint
from shared.web.callers import OPERATOR, PERSON, caller
from shared.web.context import service
from shared.web.errors import Problem
from shared.web.paging import Page, page_asked, page_response
from shared.web.parameters import PAGE, takes

REASON = "Hedgerow-Reason"
_LONGEST_REASON = 200  # characters


def record(people: Iterable[str], what: str) -> None:
    """Note that the caller was shown data of these people: one row for each, before the answer.

    For what the programme's team, a network's lead or an operator sees by that task, not for what
    anybody signed in or a community's own conveners see. `what` says in some words what the call
    shows. Reads of one's own data and by the services among themselves are none. Call it outside of
    a transaction. Raises Problem 422 for a `Hedgerow-Reason` that cannot be kept.
    """
    why, reader = reason(), caller()
    if reader.kind not in (PERSON, OPERATOR):
        return
    others = [person for person in dict.fromkeys(people) if person != reader.person]
    if not others:
        return
    with service().database.write() as connection:
        reads.insert(
            connection,
            others,
            reader.actor,
            reader.kind,
            what=what,
            why=why,
            now=service().clock.now(),
        )


def reason() -> str:
    """Why the caller says that they ask; empty where they do not say. Raises Problem 422."""
    try:
        said = request.headers.get(REASON, "").encode("latin-1").decode().strip()
    except UnicodeError as error:
        raise Problem(422, f"The header {REASON} is not UTF-8.") from error
    if len(said) > _LONGEST_REASON or not said.isprintable():
        raise Problem(
            422,
            f"The header {REASON} says in one line, of {_LONGEST_REASON} characters at most, why"
            " you read this; the person is shown it.",
        )
    return said


def blueprint() -> Blueprint:
    """What a service other than the registry, which adds names and asks the others, shows."""
    blp = Blueprint("reads", "reads", description="Who read a person's data here")

    @blp.get("/people/<person>/reads")
    @blp.doc(summary="Who read this person's data in this service, when and why; newest first")
    @takes(PAGE)
    @policy(self_(), operator, service_token)
    def list_reads(person: str) -> Response:
        with service().database.read() as connection:
            found, following = reads.of_person(connection, person, page_of_reads())
        return page_response([shown(read) for read in found], following)

    return blp


def page_of_reads() -> Page:
    return page_asked(reads.ORDER, 2)


def shown(read: Read) -> dict[str, Any]:
    return {
        "id": read.id,
        "at": read.at,
        "by": read.reader,
        "via": read.via,
        "what": read.what,
        "why": read.why,
        "service": service().name,
    }
