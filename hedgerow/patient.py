"""Asking a service that is just being started, or has not heard of something yet."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from hedgerow.failures import CannotDo
from hedgerow.landscape import PASSING
from hedgerow.service import Refused, Service, Unreachable

TRIES = 9
ON_ITS_WAY = "on their way", "on its way"  # what a service says that has not heard of somebody yet


class Patient:
    """Asks again where a moment may help; `about` is what is told, for the sentence of a failure.

    Each POST carries an Idempotency-Key, so that a load that was interrupted continues.
    """

    def __init__(
        self, service: Service, about: str, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self._service, self._about, self._pause = service, about, pause

    def post(self, path: str, body: Mapping[str, Any] | None, once: str) -> dict[str, Any]:
        headers = {"Idempotency-Key": f"example-{once}"}
        return self.ask("POST", path, json=body, headers=headers)

    def ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """What it answers. Raises CannotDo."""
        for attempt in range(1, TRIES + 1):
            try:
                return self._service.ask(method, path, **request)
            except (Unreachable, Refused) as failure:
                passing = isinstance(failure, Unreachable) or failure.status in PASSING
                on_its_way = any(words in failure.message for words in ON_ITS_WAY)
                if attempt == TRIES or not (passing or on_its_way):
                    raise CannotDo(f"{failure.message} ({self._about}: {path})") from None
                self._pause(min(0.1 * 2**attempt, 3.0))
        raise AssertionError("the last attempt returns or raises")
