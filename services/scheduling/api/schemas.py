"""What requests about programmes, cohorts and sessions hold."""

import re
from typing import Any

from marshmallow import ValidationError, fields, validate

from services.scheduling.domain.programme import NATIONS, TEMPLATE
from services.scheduling.domain.session import COHORT_KINDS, KINDS, MODALITIES
from services.scheduling.domain.wall_clock import OCCURRENCES
from services.scheduling.recurrence import WEEKDAYS
from shared.web.fields import Body, Choice, Date, Name, Text, TextList, Url, public

_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MIDNIGHT = "24:00"  # as ISO 8601 may write the end of a day; kept as 00:00
_REQUIRED = {"required": "is required", "null": "must not be null"}


class Hour(Text):
    """An hour of the day as HH:MM."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(0, 20, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if not _HOUR.fullmatch(text):
            raise ValidationError("must be an hour such as 09:30")
        return text


class EndHour(Hour):
    """When something ends: 24:00 is the midnight with which its day does."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if value == _MIDNIGHT:
            return "00:00"
        return super()._deserialize(value, *args, **kwargs)


class Whole(fields.Integer):
    """A whole number from one to another."""

    default_error_messages = {  # noqa: RUF012
        **_REQUIRED,
        "invalid": "must be a whole number",
        "too_large": "is too large",
    }

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        within = validate.Range(least, most, error=f"must be from {least:,} to {most:,}")
        super().__init__(strict=True, validate=within, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class Number(fields.Float):
    """A number from one to another."""

    default_error_messages = {  # noqa: RUF012
        **_REQUIRED,
        "invalid": "must be a number",
        "special": "must be a number",
    }

    def __init__(self, least: float, most: float, **kwargs: Any) -> None:
        within = validate.Range(least, most, error=f"must be from {least:g} to {most:g}")
        super().__init__(validate=within, **kwargs)


class Flag(fields.Boolean):
    """True or false, and nothing like it."""

    truthy = {True}  # noqa: RUF012
    falsy = {False}  # noqa: RUF012
    default_error_messages = {  # noqa: RUF012
        **_REQUIRED,
        "invalid": "must be true or false",
    }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class Access(Text):
    """What is offered for access needs: a text, or a list of them."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            value = "; ".join(value)
        return super()._deserialize(value, *args, **kwargs)


def nested(schema: type[Body], **kwargs: Any) -> fields.Nested:
    messages: dict[str, Any] = {**_REQUIRED, "type": "must be a JSON object"}
    return fields.Nested(schema, error_messages=messages, **kwargs)


def several(schema: type[Body], most: int, **kwargs: Any) -> fields.List[Any]:
    return fields.List(
        nested(schema),
        validate=validate.Length(max=most, error="holds more than {max} entries"),
        error_messages={"invalid": "must be a list", **_REQUIRED},
        **kwargs,
    )


class Kind(Text):
    """A kind of session, however it is spelt: community_meetings is community-meeting."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(0, 60, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs).replace("_", "-").removesuffix("s")
        if text not in KINDS:
            raise ValidationError(f"must be one of: {', '.join(KINDS)}")
        return text


_WHY = {
    "description": "Why, for all to read who see the session; name nobody in it. It is in no event,"
    " and goes with an erasure of whoever gave it."
}


# --- programmes ---


class ModuleBody(Body):
    title = Text(1, 200, required=True, metadata=public("What it is called"))
    topics = TextList(Text(1, 100), 30, load_default=(), metadata=public("Short phrases"))
    outcomes = TextList(
        Text(1, 300), 30, load_default=(), metadata=public("What people can do afterwards")
    )


class WebinarsBody(Body):
    time = Hour(load_default="16:00")
    minutes = Whole(5, 720, load_default=60)


class CommitmentBody(Body):
    days = Number(0, 365, load_default=10)
    community_meetings = Whole(0, 100, load_default=3)


class ProgrammeBody(Body):
    template = Choice((TEMPLATE,), metadata={"description": "Begin with these rules"})
    name = Name(1, 200, metadata=public("Its name"))
    nation = Choice(NATIONS, metadata={"description": "Whose bank holidays count"})
    modules = several(ModuleBody, 20, metadata={"description": "In their order"})
    module_hours = fields.List(
        Hour(),
        validate=validate.Length(equal=2, error="holds two hours: the start and the end"),
        error_messages={"invalid": "must be a list", **_REQUIRED},
        metadata={"description": "When a module starts and ends"},
    )
    gap_weeks = fields.List(
        Whole(1, 52),
        validate=validate.Length(equal=2, error="holds two numbers: the least and the most"),
        error_messages={"invalid": "must be a list", **_REQUIRED},
        metadata={"description": "The least and the most weeks between modules"},
    )
    webinars = nested(WebinarsBody, allow_none=True)
    celebration = Flag()
    day_values = fields.Dict(
        keys=Kind(),
        values=Number(0, 10),
        metadata={"description": "What attending a session of a kind counts, in days"},
    )
    commitment = nested(CommitmentBody)
    guests_each = Whole(0, 50, metadata={"description": "Guests of each at the celebration"})


class AvoidBody(Body):
    begins = Date(required=True, data_key="from")
    ends = Date(required=True, data_key="to")
    label = Text(0, 100, load_default="closed")


class PlanBody(Body):
    first_module = Date(required=True)
    zone = Text(1, 60, load_default="Europe/London")
    avoid = several(AvoidBody, 50, load_default=list)


# --- sessions ---


class Communities(TextList):
    """Communities by their ids, each once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Text(1, 60), 20, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        found = super()._deserialize(value, *args, **kwargs)
        if len(found) < len(value):
            raise ValidationError("names a community more than once")
        return found


class SessionFields(Body):
    """What can be said of any session, and changed later."""

    title = Text(1, 200, metadata=public("What it is called"))
    date = Date()
    start = Hour()
    end = EndHour(metadata={"description": "One that is not after the start is on the next day"})
    end_date = Date(metadata={"description": "On which day it ends: the date, or the next one"})
    zone = Text(1, 60, metadata={"description": "IANA zone"})
    occurrence = Choice(OCCURRENCES, metadata={"description": "Of a time that exists twice"})
    modality = Choice(MODALITIES)
    place = Text(0, 500, metadata=public("Where, in words"))
    access = Access(0, 1000, metadata=public("What is offered for access needs"))
    description = Text(0, 5000, lines=True, metadata=public("What it is about"))
    capacity = Whole(1, 100_000, allow_none=True)
    topics = TextList(Text(1, 100), 30, metadata=public("Short phrases"))
    outcomes = TextList(Text(1, 300), 30, metadata=public("What people can do afterwards"))
    guests_each = Whole(0, 50)
    join_address = Url(allow_none=True, metadata={"description": "Only for those who come"})


class RepeatBody(Body):
    weeks = Whole(1, 104, metadata={"description": "Every so many weeks"})
    months = Whole(1, 24, metadata={"description": "Every so many months"})
    nth = Whole(-1, 4, metadata={"description": "Which weekday of the month; -1 is the last"})
    weekday = Choice(WEEKDAYS)
    count = Whole(1, 60, metadata={"description": "How many sessions"})
    until = Date(metadata={"description": "The last day"})


class SessionBody(SessionFields):
    kind = Choice(KINDS, required=True)
    title = Text(1, 200, required=True, metadata=public("What it is called"))
    date = Date(required=True)
    start = Hour(required=True)
    end = EndHour(required=True)
    communities = Communities(load_default=())
    cohort = Text(1, 60, allow_none=True)
    number = Whole(1, 100, allow_none=True)
    repeat = fields.Raw(
        metadata={
            "description": "A recurrence rule as text or as jCal has it, or weeks, months, nth,"
            " weekday, count, until. One that leaves out the session's own date is refused"
        }
    )


class SessionChangeBody(SessionFields):
    communities = Communities()
    reason = Text(0, 500, allow_none=True, metadata=_WHY)


class SeriesChangeBody(Body):
    """What is to be so for all sessions of a series from a day on."""

    begins = Date(data_key="from", metadata={"description": "From this day on; else all ahead"})
    title = Text(1, 200, metadata=public("What it is called"))
    start = Hour()
    end = EndHour()
    shift_days = Whole(-60, 60, metadata={"description": "So many days later or earlier"})
    modality = Choice(MODALITIES)
    place = Text(0, 500, metadata=public("Where, in words"))
    access = Access(0, 1000, metadata=public("What is offered for access needs"))
    description = Text(0, 5000, lines=True, metadata=public("What it is about"))
    capacity = Whole(1, 100_000, allow_none=True)
    cancelled = Flag(metadata={"description": "true cancels them; each is reinstated by itself"})
    reason = Text(0, 500, allow_none=True, metadata=_WHY)


class ReasonBody(Body):
    reason = Text(0, 500, load_default=None, allow_none=True, metadata=_WHY)


# --- cohorts ---


class CohortSessionBody(SessionFields):
    id = Text(1, 60, allow_none=True)
    kind = Choice(COHORT_KINDS)
    number = Whole(1, 100, allow_none=True)


class CohortChangeBody(Body):
    name = Name(1, 200, metadata=public("Its name"))
    zone = Text(1, 60)
    places = Whole(1, 10_000)
    applications_close = Date(allow_none=True)
    reply_days = Whole(1, 90, metadata={"description": "Days to answer an offer"})
    sessions = several(CohortSessionBody, 100)


class CohortBody(CohortChangeBody):
    programme = Text(1, 60, required=True)
    name = Name(1, 200, required=True, metadata=public("Its name"))
    zone = Text(1, 60, load_default="Europe/London")
    places = Whole(1, 10_000, required=True)
    reply_days = Whole(1, 90, load_default=14)
    sessions = several(CohortSessionBody, 100, load_default=list)
