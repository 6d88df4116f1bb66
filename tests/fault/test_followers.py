"""Two hundred who wait for news keep nobody from being answered, nor the services from waiting."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.platform import OPERATOR, SERVICE, Platform
from tests.servers import await_that

FOLLOWERS = 200
PLACES = 8  # for those without a token: a quarter of a web's threads


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder: Path = tmp_path_factory.mktemp("followed")
    with Platform(folder, services=("registry",)) as found:
        yield found


class Followers:
    """Those who follow the registry's events by long polls, each in its own connection.

    They come back when they are told to. Within this context manager all places are taken.
    """

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port
        self.turned_away: list[float] = []  # how long each answer with Retry-After took, in s
        self.seen = 0  # events, by all
        self._stop = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._follow()))

    def __enter__(self) -> "Followers":
        self._thread.start()
        await_that(lambda: len(self.turned_away) >= FOLLOWERS - PLACES)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join()

    async def _follow(self) -> None:
        following = [asyncio.create_task(self._one()) for _ in range(FOLLOWERS)]
        while not self._stop:
            await asyncio.sleep(0.05)
            for task in following:
                if task.done():
                    task.result()  # a follower that failed fails the test
        for task in following:
            task.cancel()

    async def _one(self) -> None:
        connection = await asyncio.open_connection("127.0.0.1", self._port)
        _, page = await ask(connection, "/events?limit=1000")
        while True:
            asked = time.monotonic()
            headers, page = await ask(connection, f"/events?wait=20&after={page['next']}")
            self.seen += len(page["events"])
            if retry := headers.get("retry-after"):
                self.turned_away.append(time.monotonic() - asked)
                await asyncio.sleep(int(retry))


async def ask(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str
) -> tuple[dict[str, str], dict[str, Any]]:
    """GET, with less to do than an HTTP library has: headers and JSON of the answer."""
    reader, writer = connection
    writer.write(f"GET {path} HTTP/1.1\r\nHost: registry\r\n\r\n".encode())
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    assert " 200 " in first, first
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return headers, json.loads(await reader.readexactly(int(headers["content-length"])))


def register(platform: Platform) -> float:
    """Register a community; returns the seconds that took."""
    started = time.monotonic()
    body = {"name": "Falls", "domain": "falls in care homes"}
    assert platform.client("registry").post("/communities", json=body).status_code == 201
    return time.monotonic() - started


def test_two_hundred_followers_starve_nobody(platform: Platform):
    register(platform)
    registry = platform.client("registry", None)
    community = registry.get("/communities").json()["items"][0]["id"]
    with Followers(platform.urls["registry"]) as followers:
        times = []
        for _ in range(100):
            started = time.monotonic()
            assert registry.get(f"/communities/{community}").status_code == 200
            times.append(time.monotonic() - started)
        times += [register(platform) for _ in range(20)]
        await_that(lambda: followers.seen > FOLLOWERS * 10)
    p99 = quantiles(times, n=100)[98]
    print(
        f"{len(followers.turned_away)} turned away within {max(followers.turned_away):.2f} s,"
        f" requests p99 {p99 * 1000:.0f} ms"
    )
    assert p99 < 0.5
    assert max(followers.turned_away) < 2


def test_a_service_finds_a_place_to_wait_and_hears_at_once(platform: Platform):
    head = platform.status("registry")["head"]
    heard: list[float] = []

    def wait() -> None:
        answer = platform.client("registry", SERVICE).get(
            "/events", params={"after": head, "wait": 20}
        )
        assert "Retry-After" not in answer.headers
        assert len(answer.json()["events"]) == 1
        heard.append(time.monotonic())

    with Followers(platform.urls["registry"]):
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(1)
        assert not heard
        register(platform)
        written = time.monotonic()
        waiting.join()
    assert heard[0] - written < 1


def test_beyond_the_places_the_answer_comes_at_once_and_says_when_to_come_back(
    platform: Platform,
):
    head = platform.status("registry")["head"]
    url = platform.urls["registry"]
    with Followers(url):
        for token in (None, OPERATOR):
            started = time.monotonic()
            answer = platform.client("registry", token).get(f"/events?after={head}&wait=20")
            assert time.monotonic() - started < 2
            assert (answer.status_code, answer.json()["events"]) == (200, [])
            assert answer.json()["next"] == head
            assert int(answer.headers["Retry-After"]) > 0


def test_those_who_connect_and_say_nothing_keep_nobody_waiting(platform: Platform):
    address = ("127.0.0.1", urlsplit(platform.urls["registry"]).port)
    silent = [socket.create_connection(address) for _ in range(FOLLOWERS)]
    try:
        started = time.monotonic()
        assert platform.ready("registry")
        assert time.monotonic() - started < 2
    finally:
        for connection in silent:
            connection.close()
