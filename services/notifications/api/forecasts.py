"""How many would be told: counted by the code that would tell them."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import msgspec
from flask import Response, g

from services.notifications import reach, sampling, telling
from services.notifications.api.schemas import ForecastBody
from services.notifications.contact_book import Contact, ContactsUnavailable
from services.notifications.links import Links
from services.notifications.rendering import Renderer
from shared.eventstore.events import PUBLIC, START, Event
from shared.http.policies import policy, service_token
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import Problem

blp = Blueprint("forecasts", "forecasts", description="How many would be told")


@blp.post("/forecasts")
@blp.doc(summary="How many people would-be events would tell now, in digests, and not at all")
@policy(service_token)
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
            messages = telling.forecast(connection, events, now)
        except ZoneInfoNotFoundError as error:
            raise Problem(422, f"An event's data name no time zone: {error.args[0]}.") from error
        except KeyError as error:
            raise Problem(422, f"In an event's data {error.args[0]} is missing.") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise Problem(422, f"An event's data are not as its type has them: {error}.") from error
    ways = telling.ways_of(messages, now)
    told = [person for person, way in ways.items() if way != "none"]
    unreachable = reach.unreachable(told)
    answer: dict[str, Any] = telling.counted(ways, unreachable)
    if body["texts"]:
        sampled = sampling.messages(messages, unreachable, _renderer(), _contacts(messages), now)
        answer |= {"messages": sampled, "unreachable": sorted(unreachable)}
    return json_response(answer, private=True)


def _renderer() -> Renderer:
    settings = service().settings
    return Renderer(Links(settings), settings.mail_from)


def _contacts(messages: Sequence[telling.WouldTell]) -> Mapping[str, Contact]:
    """Of the people whom the messages name; without the registry, none."""
    people = sampling.people_named(messages)
    try:
        return reach.contact_book().look_up(people) if people else {}
    except ContactsUnavailable:
        return {}
