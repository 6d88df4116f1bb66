"""Which sessions concern a person: of their cohorts and communities, and where they have a place.

As `belonging` has it for one session, for all at once and by the indexes.
"""

from datetime import date

from services.scheduling.queries import Condition
from shared.connection import Connection
from shared.projection.generations import FOLLOWED, OWN, active


def sessions_of(connection: Connection, person: str, today: date) -> Condition:
    """The condition on sessions.

    A role in a community must be held on the session's day, or today where that is over.
    """
    own, followed, day = active(connection, OWN), active(connection, FOLLOWED), today.isoformat()
    sql = (
        f"id IN (SELECT session FROM attendance_people_{own} WHERE person = {{p}}"
        f" AND (reply <> 'no' OR status IS NOT NULL OR invited_by IS NOT NULL)"
        f" UNION SELECT session FROM session_roles_{own} WHERE person = {{p}}"
        f" UNION SELECT s.id FROM applications_{own} AS a JOIN sessions_{own} AS s"
        f" ON s.cohort = a.cohort WHERE a.person = {{p}} AND a.state = 'accepted'"
        f" UNION SELECT c.session FROM community_roles_{followed} AS r"
        f" JOIN session_communities_{own} AS c ON c.community = r.community"
        f" WHERE r.person = {{p}} AND (r.begins <= {{p}} OR r.begins <= c.day)"
        f" AND (r.ends IS NULL OR (r.ends > {{p}} AND r.ends > c.day)))"
    )
    return (sql, *[person] * 4, day, day)
