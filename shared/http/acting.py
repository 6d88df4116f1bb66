"""As whom the present caller acts: for the platform, or as one person."""

from shared.connection import Connection
from shared.http.policies import Kind
from shared.web.callers import ANYONE, PERSON, caller
from shared.web.context import service
from shared.web.errors import Problem


def acts_for_platform(connection: Connection) -> bool:
    """Whether it is one of the platform's own tokens, for nobody, or one of its operators.

    A token that is used for a person tells and does no more than that person might.
    """
    who = caller()
    if who.kind != PERSON:
        return who.kind != ANYONE and who.actor is None
    return is_granted(connection, Kind.OPERATOR)


def only_for(person: str) -> None:
    """Raises Problem 403 where a token is used for somebody else than the one whom it is about."""
    if caller().actor not in (None, person) and caller().kind != PERSON:
        raise Problem(403, "This is for the person themselves: the token acts for somebody else.")


def is_granted(connection: Connection, kind: Kind, *things: str) -> bool:
    """Whether who has signed in holds this, at this moment."""
    authority, today = service().authority, service().clock.now().date()
    return authority is not None and authority.holds(
        connection, kind, caller().person, things, today
    )
