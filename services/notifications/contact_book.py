"""Names and addresses, asked from the registry for the moment of sending or looking; never kept."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import httpx

from shared.foundation.http_client import bearer, http_client
from shared.identifiers import is_id
from shared.settings import Settings

_AT_ONCE = 1000
_PATIENCE = 5.0  # seconds
_LONGEST_NAME = 200


class SignInBy(NamedTuple):
    """What a sign-in is completed by: six digits, or the signed end of a link."""

    code: str
    signed: str


class Contact(NamedTuple):
    """`version` rises when name or address change.

    `named_by_others`: somebody else typed the name, who was free to type anything. `sign_in` is
    there under the id of a sign-in or of a change of an address alone, and only while that can be
    completed. To who is `suspended` nothing is sent.
    """

    name: str
    email: str | None
    version: int
    named_by_others: bool = False
    sign_in: SignInBy | None = None
    suspended: bool = False

    @property
    def own_name(self) -> str:
        """What they are addressed by; empty where that is not theirs."""
        return "" if self.named_by_others else self.name


def is_address(reader: str) -> bool:
    """Whether a message is for whoever has an address, by the id of what was asked with it, rather
    than for somebody who is known."""
    return is_id(reader, "sin") or is_id(reader, "adc")


class ContactsUnavailable(Exception):
    """The registry does not answer just now."""


class ContactBook(Protocol):
    def look_up(self, people: Iterable[str]) -> Mapping[str, Contact]:
        """The contacts of those who are known; who is missing was erased, or never was."""


class RegistryContacts:
    """Asks the registry with the services' token."""

    def __init__(self, settings: Settings, patience: float = _PATIENCE) -> None:
        self._token = settings.service_token
        self._client = http_client(settings.urls["registry"], timeout=patience, connect=2)

    def look_up(self, people: Iterable[str]) -> Mapping[str, Contact]:
        """Raises ContactsUnavailable."""
        wanted = list(dict.fromkeys(people))
        found: dict[str, Contact] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            found |= self._ask(wanted[start : start + _AT_ONCE])
        return found

    def _ask(self, people: list[str]) -> dict[str, Contact]:
        try:
            answer = self._client.post(
                "/people/contacts",
                json={"ids": people},
                headers=bearer(self._token),
            )
            answer.raise_for_status()
            return {
                item["id"]: Contact(
                    item["name"][:_LONGEST_NAME],
                    item["email"],
                    item["version"],
                    bool(item.get("named_by_others")),
                    SignInBy(**by) if (by := item.get("sign_in")) else None,
                    bool(item.get("suspended")),
                )
                for item in answer.json()["items"]
            }
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ContactsUnavailable("the registry does not give contacts just now") from error
