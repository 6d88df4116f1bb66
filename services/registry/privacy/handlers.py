"""Asking the other services about a person, over HTTP."""

from collections.abc import Mapping
from typing import Any

import httpx

from shared.foundation.http_client import bearer, shared_client, url_path
from shared.settings import Settings

_PATIENCE = 3.0  # seconds for each of the other services


class Unavailable(Exception):
    """A service did not answer in time, or not as it should."""


def ask(
    settings: Settings, name: str, *path: str, params: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What another service answers under this path. Raises Unavailable."""
    try:
        answer = shared_client().get(
            settings.urls[name] + url_path(*path),
            params=dict(params or {}),
            headers=bearer(settings.service_token),
            timeout=_PATIENCE,
        )
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise Unavailable(f"{name} did not answer") from error
    if not isinstance(found, dict):
        raise Unavailable(f"{name} answered something else")
    return found
