"""A session in the words of pages."""

from services.scheduling.domain.session import Session
from services.scheduling.domain.wall_clock import When

_HOW = {"in-person": "In person", "online": "Online", "hybrid": "In person or online"}


def how(session: Session) -> str:
    return _HOW[session.known.modality]


def name(session: Session) -> str:
    known = session.known
    return f"{known.kind.capitalize()} {known.number}" if known.number else known.title


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
