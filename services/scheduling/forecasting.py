"""How many people would be told: asked of notifications, with the events that would be."""

from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from services.scheduling.asking import client
from services.scheduling.concerned import people
from shared.eventstore.events import Event
from shared.service import Service
from shared.stream.envelope import attributes
from shared.web.errors import Problem

_PATIENCE = 2.0  # seconds
_NOT_THERE_YET = (404, 405)


def forecast(service: Service, events: Sequence[Event]) -> dict[str, Any]:
    """`{"notifies", "now", "digest", "none"}`. Raises Problem 503 where nobody answers.

    A notifications service of an earlier version, which does not forecast, leaves it to what
    scheduling knows itself.
    """
    if not events:
        return {"notifies": 0, "now": 0, "digest": 0, "none": 0}
    envelopes = [
        attributes(event, service.name) | {"data": msgspec.Raw(event.data.encode())}
        for event in events
    ]
    try:
        answer = client().post(
            f"{service.settings.urls['notifications']}/forecasts",
            content=msgspec.json.encode({"events": envelopes}),
            headers={
                "Authorization": f"Bearer {service.settings.service_token.value}",
                "Content-Type": "application/json",
            },
            timeout=_PATIENCE,
        )
        if answer.status_code not in _NOT_THERE_YET:
            answer.raise_for_status()
            return _counts(answer.json())
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise Problem(
            503,
            "Notifications does not answer, so it is not known how many would be told. Nothing was"
            " changed; ask again in a moment.",
            headers={"Retry-After": "2"},
        ) from error
    with service.database.read() as connection:
        concerned = len(people(connection, events))
    return {"notifies": concerned, "now": concerned, "digest": 0, "none": 0}


def _counts(body: dict[str, Any]) -> dict[str, Any]:
    counts = {name: int(body[name]) for name in ("now", "digest", "none")}
    return {"notifies": int(body.get("notifies", counts["now"] + counts["digest"])), **counts}
