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
    return f"{when.start} to {when.end} ({when.zone})"
