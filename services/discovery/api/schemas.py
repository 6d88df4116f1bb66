"""What requests to discovery hold."""

from shared.web.fields import Body, Text, TextList, Url

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
