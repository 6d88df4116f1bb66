"""What requests to discovery hold."""

import re

from marshmallow import ValidationError, validates

from services.discovery.domain.feedback import VERDICTS
from services.discovery.domain.link import OUTCOMES
from shared.web.fields import Body, Choice, Text, TextList, Url, public

# The stages of development that a community may be in, as the registry's events name them.
STAGES = ("potential", "coalescing", "maturing", "stewardship", "transformation")
# What looks like somebody's address or telephone number.
_PERSONAL = re.compile(r"\S@\S|(?:\+|\b0)\d[\d ()-]{7,}\d")


class DescriptionBody(Body):
    """A community that is not registered, or not yet: any of its fields."""

    name = Text(0, 200, load_default="")
    domain = Text(0, 5000, lines=True, load_default="")
    topics = TextList(Text(1, 100), 50, load_default=())
    practice = Text(0, 5000, lines=True, load_default="")
    learning_question = Text(0, 1000, lines=True, load_default="")
    sectors = TextList(Text(1, 100), 20, load_default=())
    region = Text(0, 200, load_default="")
    networks = TextList(Text(1, 200), 50, load_default=())
    stage = Text(0, 100, allow_none=True)
    organisation = Text(0, 100, allow_none=True)
    external_id = Text(0, 500, allow_none=True)
    url = Url(allow_none=True)


class LinkBody(Body):
    """A link that one community proposes to another."""

    from_ = Text(1, 100, required=True, data_key="from")
    to = Text(1, 100, required=True)
    purpose = Text(1, 200, required=True, metadata=public("What the link is for"))
    message = Text(0, 2000, lines=True, allow_none=True, load_default=None)
    by = Text(1, 100, allow_none=True, load_default=None)

    @validates("purpose")
    def check_public(self, purpose: str, **_: object) -> None:
        if _PERSONAL.search(purpose):
            raise ValidationError(
                "is public for good: leave email addresses and telephone numbers out, and say them"
                " in `message`"
            )


class AcceptanceBody(Body):
    """Who accepts: the community, or the person in whose name it is done."""

    by = Text(1, 100, allow_none=True, load_default=None)


class RefusalBody(AcceptanceBody):
    """Who refuses, and why, for the two sides alone."""

    reason = Text(0, 2000, lines=True, allow_none=True, load_default=None)


class EndingBody(RefusalBody):
    """Who ends it, why, and what value it made."""

    outcome = Choice(OUTCOMES)


class FeedbackBody(Body):
    """What a community says of one that it was shown."""

    verdict = Choice(VERDICTS, required=True)
