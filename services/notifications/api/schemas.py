"""What requests to notifications hold."""

from collections.abc import Sized
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validates_schema

from services.notifications.domain.preferences import (
    AT_ONCE,
    CHOICES,
    WEEKDAYS,
    Preferences,
    QuietHours,
)
from services.notifications.domain.rules import CATEGORIES, MUST_BE_TOLD
from shared.contracts import schemas
from shared.identifiers import is_id
from shared.web.fields import Body, Choice, Text, TextList, Url

_MOST_ENTRIES = 500  # more than anybody has communities
_STOPPABLE = tuple(category for category in CATEGORIES if category not in MUST_BE_TOLD)


class Hour(Text):
    """A time of the day as HH:MM."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 5, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            found = time.fromisoformat(text)
        except ValueError as error:
            raise ValidationError("must be a time of the day such as 07:30") from error
        if len(text) != 5 or found.tzinfo is not None:
            raise ValidationError("must be a time of the day such as 07:30")
        return text


class Zone(Text):
    """An IANA zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 60, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValidationError(f"{text!r} is no time zone such as Europe/London") from error
        return text


def _no_id(text: str) -> str:
    return f"{text[:60]!r} is no id of a community (com_…)"


def _few(entries: Sized) -> None:
    if len(entries) > _MOST_ENTRIES:
        raise ValidationError(f"holds {len(entries)} entries; at most {_MOST_ENTRIES} are taken")


class ChannelsBody(Body):
    email = Choice(CHOICES, load_default=AT_ONCE)


class DigestBody(Body):
    hour = Hour(load_default="07:00", metadata={"description": "When digests go, as HH:MM"})
    weekday = Choice(WEEKDAYS, load_default="monday")


class QuietHoursBody(Body):
    begins = Hour(required=True, data_key="from")
    ends = Hour(required=True, data_key="to")

    @validates_schema
    def _check_span(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("begins") and data.get("begins") == data.get("ends"):
            reason = "must be another time than `from`; for no quiet hours, leave quiet_hours out"
            raise ValidationError({"to": [reason]})


class StoppedBody(Body):
    category = Choice(_STOPPABLE, required=True)
    community = Text(1, 60, load_default=None, allow_none=True)

    @validates_schema
    def _check_id(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("community") and not is_id(data["community"], "com"):
            raise ValidationError({"community": [_no_id(data["community"])]})


class PreferencesBody(Body):
    """What is left out is as for one who said nothing."""

    channels = fields.Nested(ChannelsBody, load_default=lambda: {"email": AT_ONCE})
    communities = fields.Dict(
        keys=fields.String(),
        values=Choice(CHOICES),
        load_default=dict,
        validate=_few,
        metadata={"description": "The choice for a community, by its id, where it differs"},
    )
    stopped = fields.List(fields.Nested(StoppedBody), load_default=list, validate=_few)
    zone = Zone(load_default="Europe/London")
    digest = fields.Nested(DigestBody, load_default=lambda: {"hour": "07:00", "weekday": "monday"})
    quiet_hours = fields.Nested(QuietHoursBody, load_default=None, allow_none=True)

    @validates_schema
    def _check_ids(self, data: dict[str, Any], **_kwargs: Any) -> None:
        wrong = [name for name in data.get("communities", ()) if not is_id(name, "com")]
        if wrong:
            raise ValidationError({"communities": [_no_id(wrong[0])]})


def preferences_of(body: dict[str, Any]) -> Preferences:
    quiet = body["quiet_hours"]
    return Preferences(
        email=body["channels"]["email"],
        communities=body["communities"],
        stopped=frozenset((each["category"], each["community"] or "") for each in body["stopped"]),
        zone=body["zone"],
        hour=time.fromisoformat(body["digest"]["hour"]),
        weekday=body["digest"]["weekday"],
        quiet=quiet
        and QuietHours(time.fromisoformat(quiet["begins"]), time.fromisoformat(quiet["ends"])),
    )


class ContactsBody(Body):
    people = TextList(
        Text(1, 60), 1000, required=True, metadata={"description": "The ids of those to tell"}
    )


class WebhookBody(Body):
    url = Url(required=True, metadata={"description": "https, without credentials"})
    types = TextList(
        Text(1, 100),
        50,
        required=True,
        metadata={"description": "Event types or patterns, such as registry.community.*"},
    )
    description = Text(0, 500, load_default="")
    internal = fields.Boolean(
        load_default=False, metadata={"description": "Internal events too: for services alone"}
    )


class WebhookChangeBody(Body):
    url = Url()
    types = TextList(Text(1, 100), 50)
    description = Text(0, 500)
    state = Choice(("active", "disabled"))


class ReplayBody(Body):
    service = Choice(("registry", "scheduling", "discovery"), required=True)
    after = Text(0, 80, load_default="", metadata={"description": "The feed's cursor"})


class WouldBeEventBody(Schema):
    """A would-be event's envelope: what is not read here is left aside, as by any subscriber."""

    class Meta:
        unknown = EXCLUDE

    type = Text(1, 100, required=True)
    subject = Text(1, 100, required=True, metadata={"description": "The stream's id"})
    data = fields.Dict(load_default=dict)

    @validates_schema
    def _check_data(self, data: dict[str, Any], **_kwargs: Any) -> None:
        schema = schemas.schema(data.get("type", ""), 1)
        if schema and (wrong := unlike(schema, data.get("data") or {}, "")):
            raise ValidationError({"data": [wrong]})


_KINDS: dict[str, tuple[str, tuple[type, ...]]] = {
    "object": ("an object", (dict,)),
    "array": ("a list", (list,)),
    "string": ("a text", (str,)),
    "integer": ("a whole number", (int,)),
    "number": ("a number", (int, float)),
    "boolean": ("true or false", (bool,)),
}


def unlike(schema: dict[str, Any], value: Any, at: str) -> str | None:
    """In which way a value is not as an event's schema has it, in words: what is of another kind.
    What is not there is missed only where it is needed.
    """
    words, kinds = _KINDS.get(schema.get("type", ""), ("", (object,)))
    if not isinstance(value, kinds) or (isinstance(value, bool) and kinds[0] is int):
        return f"{at[1:] or 'data'} must be {words}"
    if isinstance(value, list):
        inner = schema.get("items", {})
        found = (unlike(inner, each, f"{at}.{n}") for n, each in enumerate(value))
        return next(filter(None, found), None)
    if not isinstance(value, dict):
        return None
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        there = name in value and (value[name] is not None or name in required)
        if there and (wrong := unlike(inner, value[name], f"{at}.{name}")):
            return wrong
    return None


class ForecastBody(Body):
    events = fields.List(fields.Nested(WouldBeEventBody), required=True)
    texts = fields.Boolean(
        load_default=False,
        metadata={"description": "Whether to answer each kind of message too, as it would read"},
    )


class ReminderPassBody(Body):
    at = fields.AwareDateTime(
        load_default=None, allow_none=True, metadata={"description": "As of when; default now"}
    )
