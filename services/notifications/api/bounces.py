"""What comes back from the mail system."""

from datetime import datetime

from flask import Response, request

from services.notifications import bouncing, letters
from services.notifications.delivery_reports import DELIVERED, NoReport, Report, read
from services.notifications.domain.delivery import Bounced, Delivered, Outcome
from services.notifications.letters import Letter
from services.notifications.unreachable import tell_conveners
from shared.connection import Connection
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.callers import needs_token
from shared.web.context import service
from shared.web.errors import Problem

blp = Blueprint("bounces", "bounces", description="What comes back from the mail system")


@blp.post("/bounces")
@blp.doc(
    summary="Take a delivery status notification",
    description="A report as mail programs make it, or its part message/delivery-status alone"
    " (RFC 3464). A hard bounce blocks the address until it changes; several soft ones do.",
)
@needs_token
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
    bouncing.note(connection, letter.person, letter.address_version, report.kind, now)
    blocked = bouncing.is_blocked(connection, letter.person, letter.address_version)
    if blocked and not blocked_before:
        tell_conveners(service(), connection, letter.person, now)
    return {"blocked": blocked}
