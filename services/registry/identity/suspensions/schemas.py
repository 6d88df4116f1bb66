"""What requests about suspensions hold."""

from shared.web.fields import Body, Text


class SuspensionBody(Body):
    reason = Text(
        1, 500, required=True, metadata={"description": "Why, for operators and the person's copy"}
    )
