"""People who go on registering communities whatever happens, and remember what was acknowledged."""

import threading
import time
import uuid
from typing import Any

import httpx

from tests.platform import Platform

STAGES = ("potential", "coalescing", "maturing", "stewardship", "transformation")
_PATIENCE = 120  # seconds
_LATER = (409, 503)  # still being worked on; the database cannot be used just now


class Writers:
    """Threads that register communities, and move each through two stages, until they are ended.

    A command is sent again, with the same Idempotency-Key, until it is acknowledged. Use as a
    context manager. What was acknowledged is noted in the platform's `acknowledged`.
    """

    NAME = "Falls"  # what the name of each community begins with

    def __init__(self, platform: Platform, count: int = 8) -> None:
        self._platform, self._stop = platform, threading.Event()
        self._patience = _PATIENCE
        self._before = sum(platform.acknowledged.values())
        self.wrong: list[str] = []
        self.repeated = 0  # commands that were sent more than once
        self.longest = 0.0  # seconds until a command was acknowledged
        self._threads = [threading.Thread(target=self._work) for _ in range(count)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Each finishes the command that it has in hand, unless the test failed already."""
        self._stop.set()
        if kind is not None:
            self._patience = 0
        for thread in self._threads:
            thread.join()
        assert kind is not None or self.wrong == []

    @property
    def events(self) -> int:
        """How many events were acknowledged to these writers."""
        return sum(self._platform.acknowledged.copy().values()) - self._before

    def _work(self) -> None:
        client = self._client()
        try:
            for count in range(10**9):
                if self._stop.is_set() or self.wrong:
                    return
                self._register(
                    client, f"{self.NAME} {count % 5}"
                )  # few texts, for which vectors are had
        except AssertionError as error:
            self.wrong.append(str(error))
        finally:
            client.close()

    def _register(self, client: httpx.Client, name: str) -> None:
        body = {"name": name, "domain": "falls in care homes", "topics": ["falls", "frailty"]}
        answer = self._insist(client, "/communities", body, 201)
        community = answer.json()["id"]
        self._platform.acknowledged[community] = _version(answer)
        for stage in STAGES[:2]:
            if self._stop.is_set():
                return
            answer = self._insist(client, f"/communities/{community}/stage", {"stage": stage}, 200)
            self._platform.acknowledged[community] = _version(answer)

    def _insist(
        self, client: httpx.Client, path: str, body: dict[str, Any], expected: int
    ) -> httpx.Response:
        """Send until there is an answer that is one."""
        headers, started, sent = {"Idempotency-Key": uuid.uuid4().hex}, time.monotonic(), 0
        while True:
            assert time.monotonic() - started < self._patience, f"{path} was never answered"
            sent += 1
            try:
                answer = client.post(path, json=body, headers=headers)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == expected:
                self.repeated += sent > 1
                self.longest = max(self.longest, time.monotonic() - started)
                return answer
            said = f"{path} answered {answer.status_code}: {answer.text[:500]}"
            assert answer.status_code in _LATER, said
            assert answer.headers["Content-Type"] == "application/problem+json", said
            assert int(answer.headers["Retry-After"]) > 0, said
            time.sleep(0.1)  # sooner than is asked of others: this is a test

    def _client(self) -> httpx.Client:
        shown = self._platform.client("registry")
        return httpx.Client(
            base_url=shown.base_url, headers=shown.headers, timeout=20, trust_env=False
        )


def _version(answer: httpx.Response) -> int:
    return int(answer.headers["ETag"].strip('"'))
