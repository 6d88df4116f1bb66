"""Links that act without a login: signed for one purpose, one subject, one generation."""

from datetime import datetime

from shared import link_renewals
from shared.connection import Connection
from shared.web.context import service
from shared.web.signer import BadLink, SignedLink, sign, verify

# Purposes. Notifications signs the same ones for the messages that it sends.
CALENDAR = "calendar"  # subject: a person
SPONSOR = "sponsor"  # subject: an application
APPLICATION = "application"  # subject: an application
REPLY = "reply"  # subject: a session and a person, with a space between
GUEST = "guest"  # subject: a session and a guest, with a space between


def signed_link(
    connection: Connection,
    purpose: str,
    subject: str,
    person: str,
    expires: datetime,
    own: int = 1,
) -> str:
    """The signed part of an address that `person` may renew; `own` is its kind's generation."""
    renewals = link_renewals.of(connection, person)
    generation = link_renewals.generation(renewals, purpose, own)
    return sign(service().settings.secret, purpose, subject, generation, expires)


def read(purpose: str, signed: str, otherwise: Exception) -> SignedLink:
    """Raises `otherwise` for a link that was altered, or has expired."""
    try:
        return verify(service().settings.secret, purpose, signed, service().clock.now())
    except BadLink as error:
        raise otherwise from error
