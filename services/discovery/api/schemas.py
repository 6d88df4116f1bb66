"""What requests to discovery hold."""

from services.discovery.domain.feedback import VERDICTS
from services.discovery.domain.link import OUTCOMES
from shared.web.fields import Body, Choice, Text, TextList, Url

# The stages of development that a community may be in, as the registry's events name them.
STAGES = ("potential", "coalescing", "maturing", "stewardship", "transformation")


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
    purpose = Text(1, 200, required=True)
    message = Text(0, 2000, lines=True, allow_none=True, load_default=None)
    by = Text(1, 100, allow_none=True, load_default=None)


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
