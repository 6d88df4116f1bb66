"""Scheduling's pages behind signed links: what they say alike."""

from functools import partial

from services.scheduling.domain.session import Session
from services.scheduling.domain.wall_clock import When
from shared.web import signed_pages
from shared.web.signed_pages import Unusable, done, message, opened, style_blueprint

__all__ = ["Unusable", "done", "message", "opened"]

blp = style_blueprint()
page = partial(signed_pages.page, "services.scheduling")


def no_longer() -> Unusable:
    """For a link of, or about, somebody who was erased."""
    return Unusable(
        "This link no longer works",
        "What it was for has ended, and nothing is asked of you any more. If you think that this"
        " is a mistake, talk to the programme team.",
        410,
    )


def used_up() -> Unusable:
    return Unusable(
        "A newer link was sent",
        "This link is no longer used, because a newer one was sent. Please look for the latest"
        " message.",
        410,
    )


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
