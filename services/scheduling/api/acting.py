"""What a token may do that acts for a person: as much as that person."""

from collections.abc import Sequence

from services.scheduling import known, queries
from shared.connection import Connection
from shared.web.callers import caller
from shared.web.context import service
from shared.web.errors import Problem


def only_theirs(person: str) -> None:
    """Raises Problem 403 where somebody acts for another than this applicant."""
    if caller().actor not in (None, person):
        raise Problem(403, "This is for the applicant and for the programme team.")


def only_the_team(connection: Connection, cohort: str) -> None:
    """Raises Problem 403 where the one acted for has a part in this cohort themselves."""
    actor = caller().actor
    if actor is not None and queries.application_of(connection, cohort, actor) is not None:
        raise Problem(403, "This is for the programme team, not for somebody with a part in it.")


def not_for_oneself(connection: Connection, communities: Sequence[str], person: str) -> None:
    """Raises Problem 403 where somebody makes themselves one of those who take part.

    Who convenes one of the communities that hold the session may.
    """
    if caller().actor != person:
        return
    if person not in known.conveners(connection, communities, service().clock.now().date()):
        raise Problem(403, "Nobody records this of themselves; ask the programme team.")
