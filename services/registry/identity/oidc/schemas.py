"""What requests about signing in with an identity provider hold."""

from marshmallow import validate

from shared.web.fields import Body, EmailAddress, Text

_HASH = "64 hexadecimal digits that this browser alone can repeat, such as a hash of its cookie"


class Browser(Text):
    """By what the steps of one sign-in are known to be of one browser."""

    def __init__(self, *, required: bool = True) -> None:
        super().__init__(
            64,
            64,
            required=required,
            validate=validate.Regexp("[0-9a-f]{64}$", error="must be 64 hexadecimal digits"),
            metadata={"description": _HASH},
        )


class BeginBody(Body):
    browser = Browser()
    next = Text(1, 500, metadata={"description": "Given back where the sign-in ends"})


class ReturnBody(Body):
    browser = Browser()
    state = Text(1, 200, required=True, metadata={"description": "As it came back"})
    code = Text(1, 4000, required=True, metadata={"description": "As it came from the provider"})
    iss = Text(1, 500, metadata={"description": "As it came, where the provider sends it"})


class AccountConfirmationBody(Body):
    browser = Browser()
    email = EmailAddress(
        required=True, metadata={"description": "A link and a code are sent to it"}
    )
