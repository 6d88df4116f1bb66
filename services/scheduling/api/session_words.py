"""A session in the words of pages."""

from collections.abc import Sequence

from services.scheduling.domain.session import PLANNED, Session
from services.scheduling.domain.wall_clock import When

_HOW = {"in-person": "In person", "online": "Online", "hybrid": "In person or online"}


def how(session: Session) -> str:
    return _HOW[session.known.modality]


def name(session: Session) -> str:
    known = session.known
    return f"{known.kind.capitalize()} {known.number}" if known.number else known.title


def dates(sessions: Sequence[Session]) -> list[dict[str, str]]:
    """Those that take place: what, on which day, when and how."""
    return [
        {
            "name": _full_name(session),
            "date": day(session.known.when),
            "time": hours(session.known.when),
            "how": ", ".join(part for part in (how(session), session.known.place) if part),
        }
        for session in sessions
        if session.state == PLANNED
    ]


def _full_name(session: Session) -> str:
    known = session.known
    return f"{name(session)}: {known.title}" if known.number else known.title


def day(when: When) -> str:
    return f"{when.date:%A} {when.date.day} {when.date:%B %Y}"


def hours(when: When) -> str:
    """From when to when, with the zone."""
    return f"{when.start} to {end(when)} ({when.zone})"


def end(when: When) -> str:
    """When it ends, with the day where that is another one."""
    if when.end_date == when.date:
        return when.end
    return "midnight" if when.end == "00:00" else f"{when.end} the next day"
