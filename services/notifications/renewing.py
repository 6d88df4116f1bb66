"""Stopping the links in earlier messages, asked of the registry for the person who owns them."""

import httpx

from shared.foundation.http_client import bearer, shared_client, time_limits, url_path
from shared.link_renewals import PURPOSES
from shared.settings import Settings

_IN_MESSAGES = tuple(purpose for purpose in PURPOSES if purpose != "calendar")
_PATIENCE = 3.0  # seconds; somebody waits for the answer


def stop_links(settings: Settings, person: str) -> bool:
    """Whether the registry did it; False where it does not answer just now."""
    try:
        answer = shared_client().post(
            settings.urls["registry"] + url_path("people", person, "links", "renewal"),
            json={"purposes": _IN_MESSAGES},
            headers=bearer(settings.service_token),
            timeout=time_limits(_PATIENCE),
        )
        answer.raise_for_status()
    except httpx.HTTPError:
        return False
    return True
