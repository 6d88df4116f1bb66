"""Links that act without a login: signed for one purpose, one subject, one generation."""

from datetime import datetime

from shared.web.context import service
from shared.web.signer import BadLink, SignedLink, sign, verify

# Purposes. Notifications signs the same ones for the messages that it sends.
CALENDAR = "calendar"  # subject: a person
SPONSOR = "sponsor"  # subject: an application
APPLICATION = "application"  # subject: an application
REPLY = "reply"  # subject: a session and a person, with a space between
GUEST = "guest"  # subject: a session and a guest, with a space between


def signed_link(purpose: str, subject: str, generation: int, expires: datetime | None) -> str:
    """The signed part of an address."""
    return sign(service().settings.secret, purpose, subject, generation, expires)


def read(purpose: str, signed: str, otherwise: Exception) -> SignedLink:
    """Raises `otherwise` for a link that was altered, or has expired."""
    try:
        return verify(service().settings.secret, purpose, signed, service().clock.now())
    except BadLink as error:
        raise otherwise from error
