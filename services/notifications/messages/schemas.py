"""What requests about messages hold."""

from shared.web.fields import Body, Text

_LONGEST = 2000


class AnswerBody(Body):
    """What is written, in as many lines as one likes."""

    text = Text(1, _LONGEST, lines=True, required=True)


class MessageBody(AnswerBody):
    """To whom: the community whose conveners read it."""

    community = Text(1, 60, required=True)
