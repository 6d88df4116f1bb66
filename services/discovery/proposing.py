"""Whether a person may propose a link now: see domain/proposal_limits.py."""

from datetime import datetime

from services.discovery import links
from services.discovery.domain.link import Two
from services.discovery.domain.proposal_limits import A_DAY, AGAIN_AFTER, MOST_A_DAY
from services.discovery.linking import in_turn
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark
from shared.projection.generations import OWN, active

_MADE = "discovery.proposal.made"


class TooMany(Exception):
    """As much was proposed as may be; `until` says when more may."""

    def __init__(self, words: str, until: datetime) -> None:
        super().__init__(words)
        self.until = until


def check_limits(connection: Connection, person: str, communities: Two, now: datetime) -> None:
    """Raises TooMany. What answers a proposal that there is, or repeats it, is no new one."""
    in_turn(connection)
    if links.between(connection, *communities):
        return
    tenth = _tenth_since(connection, person, now - A_DAY)
    if tenth:
        until = parse_rfc3339(tenth) + A_DAY
        raise TooMany(f"You have proposed {MOST_A_DAY} links within a day.", until)
    declined = links.declined_at(connection, *communities)
    if declined and now < (until := parse_rfc3339(declined) + AGAIN_AFTER):
        words = f"It was refused, or lapsed, within the last {AGAIN_AFTER.days} days."
        raise TooMany(words, until)


def _tenth_since(connection: Connection, person: str, since: datetime) -> str | None:
    """When a person made the last proposal but nine; None where that is longer ago."""
    p = mark(connection)
    row = connection.exec_driver_sql(
        f"SELECT began_at FROM links_{active(connection, OWN)} AS made JOIN events"
        f" ON stream_id = 'prp_' || substr(made.id, 5) AND type = {p} AND actor = {p}"
        f" WHERE began_at > {p} ORDER BY began_at DESC LIMIT 1 OFFSET {MOST_A_DAY - 1}",
        (_MADE, person, rfc3339(since)),
    ).first()
    return str(row[0]) if row else None
