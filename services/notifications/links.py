"""Addresses in messages: pages of this platform, and signed links that act without a login."""

from datetime import datetime, timedelta
from typing import NamedTuple

from shared.settings import Settings
from shared.web.signer import sign

MASKED = "[a link of the reader's own]"
PREFERENCES, UNSUBSCRIBE, CALENDAR = "preferences", "unsubscribe", "calendar"
LINKS_WORK = timedelta(days=365)  # those to preferences and to stop messages, once sent
_BETWEEN = " "


class Stop(NamedTuple):
    """What an unsubscribing link stops: a category, for a community or for all."""

    person: str
    category: str
    community: str


class Links:
    """`generation` is that of the person's links of a kind: earlier ones lead nowhere."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def of(self, service: str) -> str:
        """Where people reach a service from outside."""
        public = self._settings.public_url
        return f"{public}/{service}" if public else self._settings.urls[service]

    def sign_in(self, signed: str) -> str:
        """A page of the front with one button, which signs in."""
        return self._own(f"{self._settings.front_url}/sign-in/{signed}")

    def page(self, service: str, path: str) -> str:
        """What anybody can read of a thing that a message mentions."""
        return f"{self.of(service)}/{path}"

    def calendar(self, person: str, generation: int, expires: datetime) -> str:
        """A person's own calendar, at its secret address."""
        signed = sign(self._settings.secret, CALENDAR, person, generation, expires)
        return self._own(f"{self.of('scheduling')}/calendars/{signed}.ics")

    def preferences(self, person: str, generation: int, expires: datetime | None = None) -> str:
        signed = sign(self._settings.secret, PREFERENCES, person, generation, expires)
        return self._own(f"{self.of('notifications')}/preferences/{signed}")

    def unsubscribe(self, stop: Stop, generation: int, expires: datetime | None = None) -> str:
        signed = sign(self._settings.secret, UNSUBSCRIBE, _BETWEEN.join(stop), generation, expires)
        return self._own(f"{self.of('notifications')}/unsubscribe/{signed}")

    def signed(
        self, service: str, purpose: str, subject: str, generation: int, expires: datetime | None
    ) -> str:
        """A page of another service, which verifies the same secret."""
        signed = sign(self._settings.secret, purpose, subject, generation, expires)
        return self._own(f"{self.of(service)}/{purpose}/{signed}")

    def _own(self, address: str) -> str:
        """One that acts for the reader of a message."""
        return address


class MaskedLinks(Links):
    """As somebody else sees a message: none of its links acts for its reader."""

    def _own(self, _address: str) -> str:
        return MASKED


def stop_of(subject: str) -> Stop:
    person, category, community = subject.split(_BETWEEN)
    return Stop(person, category, community)
