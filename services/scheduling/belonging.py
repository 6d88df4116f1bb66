"""Who takes part in a session, and so may read what is not for everybody.

Decided by who is a participant, a member, a guest or has a role there, never by what somebody has
replied: a reply tells that they come, not that they may.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from services.scheduling import known, queries, texts
from services.scheduling.attending import stream_of
from services.scheduling.domain.application import ACCEPTED
from services.scheduling.domain.attendance import Attendance
from services.scheduling.domain.session import IN_PERSON, PLANNED, Particulars
from services.scheduling.projections.own import APPLICATIONS, ATTENDANCES, SESSIONS
from shared.connection import Connection

Asked = tuple[queries.Found, str]  # a session and a person


class Part(NamedTuple):
    """What a person has to do with a session.

    `participant` of its cohort; `member` of a community that holds it, or one who `left` it;
    `guest` of a participant.
    """

    person: str
    attendance: Attendance
    of_cohort: bool
    participant: bool
    member: bool
    left: bool
    guest: bool

    @property
    def has_role(self) -> bool:
        return any(person == self.person for person, _ in self.attendance.roles)

    @property
    def says_yes(self) -> bool:
        """Has said yes, and has a place."""
        return self.person in self.attendance.coming

    @property
    def takes_part(self) -> bool:
        """At a community's own meeting also who comes on the team's or a link's invitation."""
        if self.participant or self.member or self.has_role:
            return True
        invited = self.says_yes and self.person not in self.attendance.uninvited
        return invited and not self.of_cohort and not self.left

    @property
    def is_concerned(self) -> bool:
        """Takes part, or is a guest."""
        return self.takes_part or self.guest

    @property
    def may_join(self) -> bool:
        """Is told where to join: not who said no or maybe, or still waits for a place."""
        if self.has_role or (self.says_yes and self.is_concerned):
            return True
        return self.participant and self.person not in dict(self.attendance.replies)


def part(connection: Connection, session: queries.Found, person: str, now: datetime) -> Part:
    return parts(connection, [(session, person)], now)[session.id, person]


def parts(
    connection: Connection, asked: Sequence[Asked], now: datetime
) -> dict[tuple[str, str], Part]:
    """By session and person, in a few queries for all."""
    held: dict[str, Particulars] = {found.id: found.state.known for found, _ in asked}
    accepted = _accepted(connection, {p.cohort for p in held.values() if p.cohort})
    attendances = _attendances(connection, held)
    communities = {community for p in held.values() for community in p.communities}
    roles = known.roles_of(connection, communities, {person for _, person in asked})
    found = {}
    for session, person in asked:
        particulars, attendance = held[session.id], attendances.get(session.id, Attendance())
        on = max(now.date(), particulars.when.date).isoformat()
        spans = [span for c in particulars.communities for span in roles.get((c, person), ())]
        member = any(begins <= on and (ends is None or ends > on) for begins, ends in spans)
        host = dict(attendance.guests).get(person)
        found[session.id, person] = Part(
            person,
            attendance,
            of_cohort=particulars.cohort is not None,
            participant=(particulars.cohort, person) in accepted,
            member=member,
            left=bool(spans) and not member,
            guest=(particulars.cohort, host) in accepted,
        )
    return found


def _accepted(connection: Connection, cohorts: Iterable[str]) -> set[tuple[str | None, str | None]]:
    """Cohorts and their participants."""
    return {
        (found.state.about.cohort, found.state.about.person)
        for found in queries.all_of(connection, APPLICATIONS, "cohort", sorted(cohorts))
        if found.state.state == ACCEPTED
    }


def _attendances(connection: Connection, sessions: Iterable[str]) -> dict[str, Attendance]:
    streams = {stream_of(session): session for session in sessions}
    found = queries.all_of(connection, ATTENDANCES, "id", sorted(streams))
    return {streams[each.id]: each.state for each in found}


def join_addresses(
    connection: Connection, asked: Iterable[tuple[str, str]], now: datetime
) -> dict[tuple[str, str], str]:
    """Where people join, of those of these sessions and people where they come, and online."""
    wanted = list(dict.fromkeys(asked))
    addresses = texts.join_addresses(connection, sorted({session for session, _ in wanted}))
    held = {
        found.id: found
        for found in queries.all_of(connection, SESSIONS, "id", sorted(addresses))
        if found.state.state == PLANNED and found.state.known.modality != IN_PERSON
    }
    there = [(held[session], person) for session, person in wanted if session in held]
    return {
        (session, person): addresses[session]
        for (session, person), found in parts(connection, there, now).items()
        if found.may_join
    }
