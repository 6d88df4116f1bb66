"""One service as the command line sees it: addresses and JSON; each failure is a sentence."""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from hedgerow.failures import CannotDo
from shared.foundation.http_client import CORRELATION, http_client, time_limits


class Unreachable(CannotDo):
    """No answer came: none in time, or the connection broke."""


class NotThere(Unreachable):
    """Nothing listens at the service's address: the request has not been read."""


class Refused(CannotDo):
    """The service answered with an error."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def called(name: str) -> str:
    """A service's name as a sentence begins with it."""
    return "The registry" if name == "registry" else name.capitalize()


class Service:
    """A service at `url`, asked with the operator's `token`.

    `correlation` is the correlation id of all that is asked; without one each has its own.
    `origin` is said with the services' token alone.
    """

    def __init__(
        self,
        name: str,
        url: str,
        token: str | None,
        timeout: float = 10.0,
        correlation: str | None = None,
        origin: str | None = None,
    ) -> None:
        self.name = name
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._http = http_client(
            headers={
                **({"Authorization": f"Bearer {token}"} if token else {}),
                **({CORRELATION: correlation} if correlation else {}),
                **({"Hedgerow-Origin": origin} if origin else {}),
            },
            timeout=timeout,
        )

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """The JSON object at `path`; raises Unreachable or Refused."""
        return self.ask("GET", path, params=query)

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, once: str | None = None
    ) -> dict[str, Any]:
        """The JSON object that POST answers; `once` is sent as its Idempotency-Key."""
        headers = {"Idempotency-Key": once} if once else {}
        return self.ask("POST", path, json=body, headers=headers)

    def text(self, path: str) -> str:
        """What is at `path` as text; raises Unreachable or Refused."""
        return self._request("GET", path).text

    def press(self, path: str, fields: Mapping[str, str]) -> None:
        """Press a button of a page, as a browser does; raises Unreachable or Refused."""
        self._http.post(self.url + path, data=dict(fields)).raise_for_status()

    def send(
        self, path: str, content: Iterable[bytes], kind: str, query: Mapping[str, str]
    ) -> dict[str, Any]:
        """POST a body of any length in chunks; the answer may take its time."""
        return self.ask(
            "POST",
            path,
            content=content,
            headers={"Content-Type": kind},
            params=query,
            timeout=time_limits(3600, self._timeout),
        )

    def ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """One request; raises Unreachable where no answer comes, Refused from status 400 on."""
        response = self._request(method, path, **request)
        try:
            answer = response.json() if response.content else {}
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise CannotDo(
                f"What answers at {self.url} is not Hedgerow's {self.name}: "
                f"{method} {response.request.url.path} did not give JSON."
            )
        return answer

    def _request(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            response = self._http.request(method, self.url + path, **request)
        except httpx.ConnectError:
            raise NotThere(
                f"{called(self.name)} does not answer at {self.url}; is `hedgerow up` running?"
            ) from None
        except httpx.TimeoutException:
            raise Unreachable(
                f"{called(self.name)} did not answer in time at {self.url}; "
                "it may be busy: try again."
            ) from None
        except httpx.TransportError:
            raise Unreachable(
                f"{called(self.name)} at {self.url} broke off the connection."
            ) from None
        if response.status_code >= 400:
            raise Refused(self._refusal(response), response.status_code)
        return response

    def _refusal(self, response: httpx.Response) -> str:
        status, problem = response.status_code, _object(response)
        if status == 401:
            return (
                f"{called(self.name)} at {self.url} does not accept this operator token: is "
                "HEDGEROW_DATA_DIR (or HEDGEROW_OPERATOR_TOKEN) that of the running platform?"
            )
        said = problem.get("detail") or problem.get("title") or f"HTTP status {status}"
        errors = problem.get("errors") or {}
        fields = "; ".join(f"{field}: {' '.join(reasons)}" for field, reasons in errors.items())
        return f"{called(self.name)} refused: {said}" + (f" ({fields})" if fields else "")


def _object(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; empty where it is none."""
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
