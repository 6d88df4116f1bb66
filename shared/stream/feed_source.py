"""Another service's feed as a source: the embedded bus, a long poll over HTTP."""

from collections.abc import Callable, Sequence

import httpx

from shared.foundation.http_client import bearer, http_client
from shared.settings import Secret
from shared.stream.envelope import from_page
from shared.stream.source import Batch, Look, SourceUnavailable

_LIMIT = 500


class FeedSource:
    """Follows one service; its whole feed is one partition, whose position is the feed's cursor.

    `until`, where given, tells how far to read and no further.
    """

    transport = "feed"

    def __init__(
        self,
        service: str,
        url: str,
        token: Secret,
        positions: Callable[[], dict[str, str]],
        until: Callable[[], dict[str, str]] | None = None,
    ) -> None:
        self.sources: Sequence[str] = (service,)
        self._service, self._token = service, token
        self._partition = f"{service}/feed"
        self._positions, self._until = positions, until
        self._position: str | None = None
        self._known = False
        self._client = http_client(url)

    def poll(self, seconds: float) -> list[Batch]:
        if not self._known:
            self._position = self._positions().get(self._partition)
            self._known = True
        parameters: dict[str, str | int] = {"limit": _LIMIT, "wait": round(seconds)}
        if self._position is not None:
            parameters["after"] = self._position
        if self._until is not None:
            bound = self._until().get(self._partition)
            if bound is None or bound == self._position:
                return []
            parameters["until"] = bound
        events, after = from_page(self._get(parameters))
        after = after.removeprefix(f"{self._service}-")  # as positions are kept and compared
        if not events and after == self._position:
            return []
        return [Batch(self._service, self._partition, self._position, after, events)]

    def moved(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            self._position = batch.after

    def reads(self, partition: str) -> bool:
        return partition == self._partition

    def reset(self) -> None:
        self._known = False

    def look(self) -> list[Look]:
        return [Look(self._service, None)]

    def close(self) -> None:
        self._client.close()

    def _get(self, parameters: dict[str, str | int]) -> bytes:
        headers = bearer(self._token)
        try:
            answer = self._client.get("/events", params=parameters, headers=headers)
            answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            raise SourceUnavailable(
                f"{self._service} answered {error.response.status_code}"
            ) from error
        except httpx.HTTPError as error:
            raise SourceUnavailable(f"{self._service}: {error or type(error).__name__}") from error
        if "Retry-After" in answer.headers:  # too many wait there already
            raise SourceUnavailable(f"{self._service} asks us to come back later")
        return answer.content
