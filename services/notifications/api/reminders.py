"""The reminders' ledger: what is planned, and one pass of it."""

from datetime import UTC, datetime
from typing import Any

from flask import Response

from services.notifications import forming, reminding
from services.notifications.api.schemas import ReminderPassBody
from shared.clock import rfc3339
from shared.http.policies import operator, policy
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.parameters import moment, takes

blp = Blueprint("reminders", "reminders", description="What is reminded of, and when")


@blp.get("/reminders")
@blp.doc(summary="How many reminders are due as of a time, and whether a mail server is set")
@takes({"at": "As of when; default now"})
@policy(operator)
def due() -> Response:
    as_of = moment("at") or service().clock.now()
    return json_response(
        {
            "at": rfc3339(as_of),
            "due": len(reminding.due(service(), as_of)),
            "future": as_of > service().clock.now(),
            "mail_server": bool(service().settings.smtp_url),
        },
        private=True,
    )


@blp.post("/reminders")
@blp.doc(summary="One pass of the ledger and the digests: queue what is due, mark what was missed")
@policy(operator)
@blp.arguments(ReminderPassBody)
def run_pass(body: dict[str, Any]) -> Response:
    at: datetime | None = body["at"]
    as_of = at.astimezone(UTC) if at else service().clock.now()
    passed = reminding.remind(service(), as_of)
    formed = 0
    while some := forming.form(service(), as_of):
        formed += some
    return json_response(
        {"at": rfc3339(as_of), **passed._asdict(), "messages": formed}, private=True
    )
