"""What requests about applications hold."""

from typing import Any

from marshmallow import ValidationError, fields

from services.scheduling.api.schemas import Flag, nested
from services.scheduling.domain.application import DECISIONS
from shared.web.fields import Body, Choice, EmailAddress, PersonName, Text, uniform

_LONGEST = 5000
_WORDS = {
    "q-member": {"q_member": True},
    "leads": {"leads": True, "network_supported": True},
    "plans-to-lead": {"plans_to_lead": True, "network_supported": True},
    "spans-professions": {"spans_professions": True},
    "spans-organisations": {"spans_organisations": True},
}


class Statement(fields.Field[dict[str, Any]]):
    """What an applicant says: true or false to `facts`, and words of their own.

    Taken as an object, as a text, as one of the known words or as a list of them.
    """

    def __init__(self, facts: tuple[str, ...], **kwargs: Any) -> None:
        self.facts = facts
        super().__init__(
            error_messages={"null": "must not be null", "required": "is required"}, **kwargs
        )

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        if isinstance(value, str):
            return self._known([value]) or {"text": _text(value)}
        if isinstance(value, bool):
            return {self.facts[0]: value}
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            found = self._known(value)
            if found is None:
                raise ValidationError(f"holds other words than {', '.join(_WORDS)}")
            return found
        if not isinstance(value, dict):
            raise ValidationError("must be a JSON object, or text")
        found = {}
        for name, said in value.items():
            if name == "text":
                found["text"] = _text(said)
            elif name not in self.facts:
                known = ", ".join((*self.facts, "text"))
                raise ValidationError({name: [f"is not a field here; these are: {known}"]})
            elif said is not None and not isinstance(said, bool):
                raise ValidationError({name: ["must be true, false or null"]})
            else:
                found[name] = said
        return found

    def _known(self, words: list[str]) -> dict[str, Any] | None:
        found: dict[str, Any] = {}
        for word in words:
            facts = _WORDS.get(word.strip().casefold().replace("_", "-").replace(" ", "-"))
            if facts is None or not facts.keys() <= set(self.facts):
                return None
            found |= facts
        return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError({"text": ["must be text"]})
    if len(value) > _LONGEST:
        raise ValidationError(f"is {len(value):,} characters long; at most {_LONGEST:,} are taken")
    try:
        return uniform(value, lines=True)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class SponsorBody(Body):
    name = PersonName(1, 200, required=True)
    email = EmailAddress(required=True)


class AnswersBody(Body):
    """What an application says; every part may be given later."""

    community = Text(1, 60, allow_none=True, metadata={"description": "The community they lead"})
    community_description = Text(
        0,
        5000,
        lines=True,
        metadata={"description": "Their community in words, where it is not registered here"},
    )
    eligibility = Statement(
        ("q_member", "leads", "plans_to_lead", "network_supported"),
        metadata={"description": "q_member, leads, plans_to_lead, network_supported; or text"},
    )
    priority = Statement(
        ("spans_professions", "spans_organisations"),
        metadata={"description": "spans_professions, spans_organisations; or text"},
    )
    about = Text(0, 5000, lines=True, metadata={"description": "What else they want to say"})
    sponsor = nested(SponsorBody, metadata={"description": "Their line manager"})


class ApplicationBody(AnswersBody):
    person = Text(1, 60, required=True, metadata={"description": "The applicant's id"})
    late_reason = Text(
        1, 1000, metadata={"description": "Why an operator takes it when the cohort is not open"}
    )


class LateBody(Body):
    late_reason = Text(1, 1000, load_default=None, allow_none=True)


class DecisionBody(Body):
    decision = Choice(DECISIONS, required=True)
    reason = Text(0, 2000, lines=True, load_default=None, allow_none=True)


class WithdrawalBody(Body):
    reason = Text(0, 2000, lines=True, load_default=None, allow_none=True)


class SponsorReplyBody(Body):
    confirmed = Flag(required=True)
    reason = Text(0, 2000, lines=True, load_default=None, allow_none=True)
