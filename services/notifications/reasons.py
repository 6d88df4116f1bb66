"""Why sessions changed, in their conveners' words: asked from scheduling when a message is sent.

The words may be about people and can be erased, so nothing of them is kept here. A message does not
wait for them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import httpx
import structlog

from shared.foundation.http_client import bearer, http_client
from shared.settings import Settings

log = structlog.get_logger()
_AT_ONCE = 1000
_PATIENCE = 2.0  # seconds: messages wait for it
Content = Mapping[str, Any]


class ReasonDirectory(Protocol):
    def look_up(self, events: Iterable[str]) -> Mapping[str, str]:
        """The reasons of these events, as far as they are kept and can be asked for."""


class NoReasons:
    """For where none are shown."""

    def look_up(self, _events: Iterable[str]) -> Mapping[str, str]:
        return {}


class SchedulingReasons:
    """Asks scheduling with the services' token."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.service_token
        self._client = http_client(settings.urls["scheduling"], timeout=_PATIENCE, connect=1)

    def look_up(self, events: Iterable[str]) -> Mapping[str, str]:
        asked = list(dict.fromkeys(events))
        found: dict[str, str] = {}
        try:
            for start in range(0, len(asked), _AT_ONCE):
                found |= self._ask(asked[start : start + _AT_ONCE])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            log.warning("scheduling does not say why sessions changed; messages go without it")
        return found

    def _ask(self, events: list[str]) -> dict[str, str]:
        answer = self._client.post(
            "/sessions/reasons", json={"events": events}, headers=bearer(self._token)
        )
        answer.raise_for_status()
        return {item["event"]: str(item["reason"]) for item in answer.json()["items"]}


def events_with_reasons(content: Content) -> list[str]:
    """The events that a message about a session tells of and that have a reason, newest last."""
    facts = content["facts"]
    if "session" not in facts or not (facts.get("reasoned") or facts.get("reason")):
        return []
    return list(content.get("story") or [content["event"]])


def with_reason(content: Content, reasons: Mapping[str, str]) -> Content:
    """The message with the newest of the reasons that are still kept, and no other."""
    if "session" not in content["facts"]:
        return content
    told = (reasons.get(event) for event in reversed(events_with_reasons(content)))
    reason = next((words for words in told if words), None)
    return {**content, "facts": {**content["facts"], "reason": reason}}
