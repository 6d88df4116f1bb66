"""What requests about changes of addresses hold."""

from shared.web.fields import Body, EmailAddress, Text


class AddressChangeBody(Body):
    email = EmailAddress(
        required=True, metadata={"description": "The new address; a code is sent to it"}
    )


class ConfirmationBody(Body):
    code = Text(1, 20, required=True, metadata={"description": "The six digits from the email"})
