"""What a token may do that acts for a person; without that header it is the team's."""

from shared.web.callers import caller
from shared.web.errors import Problem


def only_theirs(person: str) -> None:
    """Raises Problem 403 where somebody acts for another than this applicant."""
    if caller().actor not in (None, person):
        raise Problem(403, "This is for the applicant and for the programme team.")


def only_the_team() -> None:
    """Raises Problem 403 where somebody acts for a person."""
    if caller().actor is not None:
        raise Problem(403, "This is for the programme team, not for somebody with a part in it.")
