"""How many would be told: counted by the code that would tell them."""

from typing import Any

import msgspec
from flask import Response, g

from services.notifications import telling
from services.notifications.api.answers import json
from services.notifications.api.schemas import ForecastBody
from shared.eventstore.events import PUBLIC, START, Event
from shared.web.bodies import Blueprint
from shared.web.callers import needs_service
from shared.web.context import service
from shared.web.errors import Problem

blp = Blueprint("forecasts", "forecasts", description="How many would be told")


@blp.post("/forecasts")
@blp.doc(summary="How many people would-be events would tell now, in digests, and not at all")
@needs_service
@blp.arguments(ForecastBody)
def forecast(body: dict[str, Any]) -> Response:
    now = service().clock.now()
    events = [
        Event(
            *START,
            stream=each["subject"],
            version=0,
            id="would-be",
            type=each["type"],
            schema=1,
            time=now,
            audience=PUBLIC,
            correlation=g.correlation_id,
            causation=None,
            actor=None,
            data=msgspec.json.encode(each["data"]).decode(),
        )
        for each in body["events"]
    ]
    with service().database.read() as connection:
        try:
            return json(telling.forecast(connection, events, now))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Problem(422, f"An event's data are not as its type has them: {error}.") from error
