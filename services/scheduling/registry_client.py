"""What scheduling asks the registry over HTTP: to keep a person for a purpose, and who one is."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import httpx

from shared.foundation.addresses import address_key
from shared.foundation.http_client import bearer, shared_client
from shared.settings import Settings
from shared.web.errors import Problem

_PATIENCE = 3.0  # seconds; somebody waits for the answer
_MOST_ASKED = 1000  # people, whom the registry tells of at once


def add_person(settings: Settings, person: dict[str, Any], purpose: str, until: date) -> str:
    """The id of a person who is known to the registry from now on, at least until a day.

    Raises Problem: 422 for what the registry refuses, 503 where it does not answer.
    """
    body = {**person, "purpose": purpose, "until": until.isoformat()}
    try:
        answer = shared_client().post(
            f"{settings.urls['registry']}/people",
            json=body,
            headers=bearer(settings.service_token),
            timeout=_PATIENCE,
        )
        if answer.status_code == 422:
            problem = answer.json()
            raise Problem(422, problem["detail"], problem.get("errors"))
        answer.raise_for_status()
        return str(answer.json()["id"])
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise Problem(
            503,
            "The registry, where people are kept, does not answer. Nothing was changed; try again"
            " in a moment.",
            headers={"Retry-After": "2"},
        ) from error


def has_address(settings: Settings, person: str, email: str) -> bool:
    """Whether this is the address of a person; False where the registry does not answer."""
    try:
        (found,) = _contacts(settings, [person])
        return address_key(str(found["email"])) == address_key(email)
    except (httpx.HTTPError, ValueError, KeyError):
        return False


def names(settings: Settings, people: Sequence[str]) -> dict[str, str]:
    """The names of people, for a page that is shown now; without the registry, none."""
    try:
        return {item["id"]: str(item["name"]) for item in _contacts(settings, people)}
    except (httpx.HTTPError, ValueError, KeyError):
        return {}


def _contacts(settings: Settings, people: Sequence[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for start in range(0, len(people), _MOST_ASKED):
        answer = shared_client().post(
            f"{settings.urls['registry']}/people/contacts",
            json={"ids": list(people[start : start + _MOST_ASKED])},
            headers=bearer(settings.service_token),
            timeout=_PATIENCE,
        )
        answer.raise_for_status()
        found += answer.json()["items"]
    return found
