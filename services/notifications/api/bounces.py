"""What comes back from the mail system."""

from datetime import datetime

import structlog
from flask import Response, request

from services.notifications import bouncing, letters
from services.notifications.delivery_reports import DELIVERED, NoReport, Report, read
from services.notifications.domain.delivery import Bounced, Delivered, Outcome
from services.notifications.letters import Letter
from services.notifications.reach import names_of
from services.notifications.unreachable import tell_conveners
from shared.connection import Connection
from shared.http import reads
from shared.http.acting import only_for
from shared.http.policies import operator, policy, self_
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.paging import page_asked, page_response
from shared.web.parameters import PAGE, one_of, takes

log = structlog.get_logger()
blp = Blueprint("bounces", "bounces", description="What comes back from the mail system")


@blp.post("/bounces")
@blp.doc(
    summary="Take a delivery status notification",
    description="A report as mail programs make it, or its part message/delivery-status alone"
    " (RFC 3464). A report that the address does not exist blocks it until it changes or the block"
    " is lifted, and so do five that say that the mailbox is full or disabled. Reports of anything"
    " else (policy, the sender, the network) are kept in the ledger and block nobody.",
)
@policy(operator)
def take() -> Response:
    try:
        report = read(request.get_data())
    except NoReport as wrong:
        raise Problem(422, f"This is no report that can be used: {wrong}.") from wrong
    now = service().clock.now()
    with service().write() as connection:
        letter = letters.by_id(connection, report.letter)
        if letter is None:
            raise Problem(422, f"There is no letter {report.letter} (any more).")
        done = _settle(connection, letter, report, now)
    return json_response(
        {"letter": report.letter, "kind": report.kind, "status": report.status, **done},
        private=True,
    )


@blp.get("/bounces")
@blp.doc(
    summary="People whose messages came back, by id: which of them are blocked, and why",
    description="`status` is the code that was reported last (RFC 3463).",
)
@takes({"blocked": one_of("true", "false"), **PAGE})
@policy(operator)
def list_all() -> Response:
    asked = request.args.get("blocked")
    if asked not in (None, "true", "false"):
        raise invalid("blocked", "must be true or false")
    wanted = page_asked(bouncing.ORDER, 1)
    with service().database.read() as connection:
        items, following = bouncing.list_bounces(
            connection, wanted, blocked=None if asked is None else asked == "true"
        )
    people = [item["person"] for item in items]
    reads.record(people, "whether messages reach you")
    names = names_of(people)
    return page_response([item | {"name": names.get(item["person"])} for item in items], following)


@blp.delete("/bounces/<person>")
@blp.doc(
    summary="Lift the block of a person's address: what came back is forgotten",
    description="Messages go to the address again from now on; those not sent meanwhile stay so.",
)
@policy(self_(), operator)
@blp.alt_response(204, description="What came back is forgotten")
def lift(person: str) -> Response:
    only_for(person)
    with service().database.write() as connection:
        if not bouncing.lift(connection, person):
            raise not_found(f"Nothing came back from {person}: there is no block to lift.")
    log.info("a block was lifted", person=person)
    return Response(status=204)


def _settle(
    connection: Connection, letter: Letter, report: Report, now: datetime
) -> dict[str, object]:
    """Say it in the ledger, count it, and where the address is given up, tell conveners."""
    if report.kind is None:
        return {"blocked": False}
    outcome: Outcome = (
        Delivered(letter.id)
        if report.kind == DELIVERED
        else Bounced(letter.id, report.kind, report.status)
    )
    before = letters.status_of(connection, letter.deliveries)
    letters.settle(service(), connection, dict.fromkeys(letter.deliveries, outcome), now)
    if report.kind == DELIVERED or set(before) <= {"bounced"}:
        return {"blocked": False}  # the same report again is not counted again
    blocked_before = bouncing.is_blocked(connection, letter.person, letter.address_version)
    if report.counts:
        version = letter.address_version
        bouncing.note(connection, letter.person, version, report.kind, now, report.status)
    blocked = bouncing.is_blocked(connection, letter.person, letter.address_version)
    if blocked and not blocked_before:
        tell_conveners(service(), connection, letter.person, now)
    return {"blocked": blocked}
