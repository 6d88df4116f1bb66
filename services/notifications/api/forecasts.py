"""How many would be told: counted by the code that would tell them."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from zoneinfo import ZoneInfoNotFoundError

import msgspec
import structlog
from flask import Response, current_app, g

from services.notifications import bouncing, sampling, telling
from services.notifications.api.schemas import ForecastBody
from services.notifications.contact_book import Contact, ContactBook, ContactsUnavailable
from services.notifications.links import Links
from services.notifications.rendering import Renderer
from shared.eventstore.events import PUBLIC, START, Event
from shared.http.policies import policy, service_token
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import Problem

log = structlog.get_logger()
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
    unreachable = _unreachable(told)
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
        return _book().look_up(people) if people else {}
    except ContactsUnavailable:
        return {}


def _book() -> ContactBook:
    return cast(ContactBook, current_app.extensions["hedgerow_contacts"])


def _unreachable(people: Sequence[str]) -> set[str]:
    """Those who have no address, or one that bounces; nobody while the registry does not say."""
    try:
        contacts = _book().look_up(people) if people else {}
    except ContactsUnavailable:
        log.warning("a forecast is made without asking for addresses")
        return set()
    with service().database.read() as connection:
        blocked = bouncing.blocked(connection, contacts)
    there = {person for person, contact in contacts.items() if contact.email}
    return (set(people) - there) | blocked
