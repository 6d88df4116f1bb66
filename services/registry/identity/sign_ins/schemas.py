"""What requests about sign-ins hold."""

from services.registry.identity.oidc.schemas import Browser
from shared.web.fields import Body, EmailAddress, Text


class SignInBody(Body):
    email = EmailAddress(
        required=True, metadata={"description": "A link and a code are sent to it"}
    )


class _CompletionBody(Body):
    name = Text(
        1,
        200,
        metadata={"description": "Your name, where the address is new here"},
    )
    browser = Browser(required=False)


class CodeBody(_CompletionBody):
    code = Text(1, 20, required=True, metadata={"description": "The six digits from the email"})


class LinkBody(_CompletionBody):
    signed = Text(1, 500, required=True, metadata={"description": "The end of the link's address"})
