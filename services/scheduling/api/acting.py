"""As whom a caller acts here: for the programme team, for a community, or for themselves.

Each route's policy says who may call it. This tells, of those let in, what they act as: one who has
signed in is of the programme team by a grant; the platform's own tokens act for it, unless they act
for a person, and then as much as that person may.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from services.scheduling import known, queries
from services.scheduling.domain.session import Particulars
from shared.connection import Connection
from shared.http.acting import acts_for_platform, is_granted
from shared.http.policies import Kind
from shared.projection.generations import OWN, active
from shared.service.authority import communities_of, granted
from shared.web.callers import ANYONE, PERSON, caller, unauthorised
from shared.web.context import service
from shared.web.errors import Problem


def acts_for_team(connection: Connection, cohort: str) -> bool:
    """Whether the caller acts for the programme team of a cohort in which they have no part."""
    who = caller()
    if who.kind != PERSON:
        return who.kind != "anyone" and who.actor is None
    return (
        is_granted(connection, Kind.OPERATOR) or is_granted(connection, Kind.TEAM, cohort)
    ) and not _has_part(connection, cohort)


def _has_part(connection: Connection, cohort: str) -> bool:
    actor = caller().actor
    return actor is not None and queries.application_of(connection, cohort, actor) is not None


def only_theirs(connection: Connection, person: str, cohort: str) -> None:
    """Raises Problem 403 unless it is the applicant, or the programme team of the cohort."""
    if caller().actor != person and not acts_for_team(connection, cohort):
        raise Problem(403, "This is for the applicant and for the programme team.")


def only_theirs_or_teams(connection: Connection, person: str, cohort: str | None) -> None:
    """Raises Problem where another asks for what concerns a person: 401, or 403 with a token."""
    if caller().kind == ANYONE:
        raise unauthorised("What concerns a person is for themselves.")
    if caller().actor == person or acts_for_platform(connection):
        return
    if cohort is None or not acts_for_team(connection, cohort):
        raise Problem(
            403,
            "What concerns a person is for themselves, and in a cohort for its programme team.",
        )


def only_oneself(connection: Connection, person: str, words: str) -> None:
    """Raises Problem 403, with these words, where somebody speaks for another."""
    if caller().actor != person and not acts_for_platform(connection):
        raise Problem(403, words)


def only_the_team(connection: Connection, cohort: str) -> None:
    """Raises Problem 403 where the one who acts has a part in this cohort themselves."""
    if _has_part(connection, cohort):
        raise Problem(403, "This is for the programme team, not for somebody with a part in it.")


def not_for_oneself(connection: Connection, communities: Sequence[str], person: str) -> None:
    """Raises Problem 403 where somebody makes themselves one of those who take part.

    Who convenes one of the communities that hold the session may.
    """
    if caller().actor != person:
        return
    if person not in known.conveners(connection, communities, _today()):
        raise Problem(403, "Nobody records this of themselves; ask the programme team.")


class Seen(NamedTuple):
    """Which applications somebody may see: a condition on them, None for all of them; `own_alone`
    where that is no others than their own."""

    condition: queries.Condition | None
    own_alone: bool


def applications_seen(connection: Connection) -> Seen:
    """Of the caller: their own, and as team those to cohorts in which they have no part."""
    who = caller()
    if who.kind != PERSON and who.actor is None:
        return Seen(None, own_alone=False)
    programmes = _programmes(connection) if who.kind == PERSON else frozenset[str | None]()
    if not programmes:
        return Seen(("person = {p}", who.actor), own_alone=True)
    own, named = active(connection, OWN), sorted(each for each in programmes if each is not None)
    theirs = (
        ""
        if None in programmes
        else (
            f"cohort IN (SELECT id FROM cohorts_{own}"
            f" WHERE programme IN ({', '.join(['{p}'] * len(named))})) AND "
        )
    )
    sql = (
        f"(person = {{p}} OR ({theirs}cohort NOT IN (SELECT cohort FROM applications_{own}"
        " WHERE person = {p} AND state <> 'withdrawn')))"
    )
    return Seen((sql, who.person, *(named if theirs else ()), who.person), own_alone=False)


def _programmes(connection: Connection) -> frozenset[str | None]:
    """Whose team the one who has signed in is; None among them stands for all programmes."""
    if is_granted(connection, Kind.OPERATOR):
        return frozenset({None})
    return granted(connection, caller().person, "programme-team")


# --- sessions ---


def reads_by_task(connection: Connection, session: Particulars) -> bool:
    """Whether the caller sees who comes by the team's or an operator's task, not as a convener."""
    if caller().kind != PERSON or session.cohort is not None:
        return True
    return _convened(connection).isdisjoint(session.communities)


def runs(connection: Connection, session: Particulars) -> bool:
    """Whether who has signed in sees to this session: a convener of it, or its team."""
    if caller().kind != PERSON:
        return False
    if session.cohort is not None:
        return acts_for_team(connection, session.cohort)
    if is_granted(connection, Kind.OPERATOR):
        return True
    return not _convened(connection).isdisjoint(session.communities)


def check_may_hold(
    connection: Connection, cohort: str | None, communities: Iterable[str], field: str
) -> None:
    """Raises Problem 403 where somebody plans for a cohort or a community that is not theirs."""
    if caller().kind != PERSON or is_granted(connection, Kind.OPERATOR):
        return
    if cohort is not None and not acts_for_team(connection, cohort):
        raise Problem(403, "cohort: the sessions of a cohort are for its programme team.")
    convened = _convened(connection)
    if others := [key for key in communities if key not in convened]:
        raise Problem(
            403,
            f"{field}: {', '.join(others)} is not yours to meet for. A joint session is for those"
            " who convene each of its communities: ask theirs, or the operator.",
            {field: ["names a community that you do not convene"]},
        )


def check_may_change(connection: Connection, session: Particulars) -> None:
    """Raises Problem 403 where a signed-in person has no say over one of several sessions."""
    if caller().kind == PERSON and not runs(connection, session):
        raise Problem(403, "One of these sessions is another community's; nothing was changed.")


def check_sees_to(connection: Connection, session: Particulars) -> None:
    """Raises Problem 403 where one of a team takes part themselves: others' accounts, and their
    own, are for those who do not."""
    if caller().kind == PERSON and not runs(connection, session):
        raise Problem(403, "This is for the programme team, not for somebody with a part in it.")


def _convened(connection: Connection) -> frozenset[str]:
    person, today = caller().person, _today()
    return communities_of(connection, person, "convener", today) | communities_of(
        connection, person, "co-convener", today
    )


def _today() -> date:
    return service().clock.now().date()
