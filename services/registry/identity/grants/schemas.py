"""What requests about grants hold."""

from services.registry.identity.grants.decider import Grant
from shared.web.fields import Body, Choice, Text


class GrantBody(Body):
    person = Text(1, 60, required=True, metadata={"description": "The person's id"})
    grant = Choice(tuple(str(grant) for grant in Grant), required=True)
    scope = Text(
        1,
        60,
        allow_none=True,
        metadata={"description": "The programme or network; without: of all programmes"},
    )
