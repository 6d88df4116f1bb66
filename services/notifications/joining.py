"""Where people join sessions online, asked from scheduling for the moment of sending; never kept.

Scheduling alone decides who is told: those who are coming. A message does not wait for it.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import httpx
import structlog

from shared.foundation.http_client import bearer, http_client
from shared.settings import Settings

log = structlog.get_logger()
_AT_ONCE = 1000
_PATIENCE = 2.0  # seconds: letters wait for it


class Joining(NamedTuple):
    """Who would join which session."""

    session: str
    person: str


Joins = Mapping[Joining, str]


class JoinBook(Protocol):
    def look_up(self, wanted: Iterable[Joining]) -> Joins:
        """The addresses of those who are coming; none while they cannot be asked for."""


class SchedulingJoins:
    """Asks scheduling with the services' token."""

    def __init__(self, settings: Settings, patience: float = _PATIENCE) -> None:
        self._token = settings.service_token
        self._client = http_client(settings.urls["scheduling"], timeout=patience, connect=1)

    def look_up(self, wanted: Iterable[Joining]) -> Joins:
        asked = list(dict.fromkeys(wanted))
        found: dict[Joining, str] = {}
        try:
            for start in range(0, len(asked), _AT_ONCE):
                found |= self._ask(asked[start : start + _AT_ONCE])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            log.warning("scheduling does not say where to join; messages go without it")
        return found

    def _ask(self, asked: list[Joining]) -> dict[Joining, str]:
        answer = self._client.post(
            "/sessions/join-addresses",
            json={"asked": [each._asdict() for each in asked]},
            headers=bearer(self._token),
        )
        answer.raise_for_status()
        return {
            Joining(item["session"], item["person"]): str(item["join_address"])
            for item in answer.json()["items"]
        }
