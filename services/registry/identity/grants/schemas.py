"""What requests about grants hold."""

from services.registry.identity.grants.decider import Grant
from shared.web.fields import Body, Choice, EmailAddress, PersonName, Text


class GrantBody(Body):
    person = Text(1, 60, metadata={"description": "The person's id; or else `email`"})
    email = EmailAddress(metadata={"description": "The person's address, known here or not"})
    name = PersonName(
        1, 200, metadata={"description": "Their name, where nobody here has this address"}
    )
    grant = Choice(tuple(str(grant) for grant in Grant), required=True)
    scope = Text(
        1,
        200,
        allow_none=True,
        metadata={
            "description": "The programme's id, or the network's id, name or alias; without: of all"
            " programmes"
        },
    )
