"""Who would-be events concern, as far as scheduling knows: for when notifications cannot be asked.

It knows nothing of what people prefer, so all are counted as told at once.
"""

from collections.abc import Sequence
from typing import Any

from services.scheduling import known, queries
from services.scheduling.domain import application as a
from services.scheduling.domain import attendance as at
from services.scheduling.domain import session as s
from services.scheduling.events import EVENT_TYPES
from shared.connection import Connection
from shared.database import marks
from shared.eventstore.events import Event
from shared.projection.generations import FOLLOWED, active

_TOLD = (a.DecisionReleased, a.PlaceOffered, a.OfferLapsed, a.Accepted, a.Declined, a.Withdrawn)


def people(connection: Connection, events: Sequence[Event]) -> set[str]:
    """The people, each once, whom any of these events concerns."""
    found: set[str] = set()
    for event in events:
        found |= _of(connection, event.stream, EVENT_TYPES.decode(event))
    return found - set(known.unknown_people(connection, sorted(found)))


def _of(connection: Connection, stream: str, event: Any) -> set[str]:
    match event:
        case a.SponsorAsked(sponsor=sponsor):
            return {sponsor}
        case at.PlaceGiven(person=person):
            return {person}
        case _ if isinstance(event, _TOLD):
            return {event.about.person}
        case _ if hasattr(event, "session") and isinstance(event.session, s.Particulars):
            return _of_session(connection, stream, event.session)
        case _:
            return set()


def _of_session(connection: Connection, stream: str, session: s.Particulars) -> set[str]:
    """Participants of its cohort, people of its communities, who replied, who has a role there."""
    attendance = queries.attendance_of(connection, stream)
    found = {person for person, said in attendance.replies if said != at.NO}
    found |= {person for person, _ in attendance.roles}
    if session.cohort is not None:
        accepted = queries.participants(connection, session.cohort)
        found |= {x.state.about.person for x in accepted}
    if session.communities:
        rows = connection.exec_driver_sql(
            f"SELECT DISTINCT person FROM community_roles_{active(connection, FOLLOWED)}"
            f" WHERE community IN ({marks(connection, len(session.communities))})"
            " AND ends IS NULL",
            tuple(session.communities),
        )
        found |= {row[0] for row in rows}
    return found
