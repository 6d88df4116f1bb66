"""What a public route costs beside a static answer: `python -m tests.bench.costs [SIZE]`.

Processor time of the web process for each route that anyone may ask, with 500 communities where no
size is given. What costs more than ten times the static answer takes turns (shared/web/turns.py).
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec

from tests.bench.landscapes import Landscape
from tests.platform import Platform

SIZE = 500
_SECONDS, _MOST = 2.0, 300  # of each route
_TICKS = os.sysconf("SC_CLK_TCK")
_STATIC = "/pages/style.css"
_LONG = ("search, 480 characters", "POST related, 200 characters", "POST related, a full body")


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else SIZE
    with tempfile.TemporaryDirectory() as folder, Platform(Path(folder) / "data") as platform:
        landscape = Landscape(size)
        community = fill(platform, landscape)
        platform.await_caught_up(600)
        for service in platform.services:
            with httpx.Client(base_url=platform.urls[service], timeout=60, trust_env=False) as web:
                static = 0.0
                for name, ask in routes(service, web, community, landscape):
                    cost = measure(platform.pids(f"{service} web")[1], ask)
                    static = static or cost
                    line = f"{service:14}{name:44}{cost:8.2f} ms{cost / static:7.1f} ×"
                    print(line, flush=True)


def fill(platform: Platform, landscape: Landscape) -> str:
    """Import the communities; the id of one of them."""
    lines = [
        msgspec.json.encode(
            {"id": str(n), "name": landscape.text(4), "domain": landscape.text(60)},
        )
        for n in range(landscape.size)
    ]
    registry = platform.client("registry")
    headers = {"Content-Type": "application/x-ndjson"}
    registry.post(
        "/communities/import", content=b"\n".join(lines), headers=headers, timeout=600
    ).raise_for_status()
    return str(registry.get("/communities").json()["items"][0]["id"])


def routes(
    service: str, web: httpx.Client, community: str, landscape: Landscape
) -> Iterator[tuple[str, Callable[[], httpx.Response]]]:
    """The static answer first; then every public GET that needs no more than a community."""
    yield _STATIC, lambda: web.get(_STATIC)
    for path, methods in web.get("/openapi.json").json()["paths"].items():
        asked = path.replace("{community}", community)
        if "get" not in methods or methods["get"].get("security") or "{" in asked:
            continue
        query = {"q": landscape.text(3)} if path == "/search" else {"limit": 1000}
        query = query if path in ("/search", "/events") else {}
        yield path, lambda asked=asked, query=query: web.get(asked, params=query)
    if service == "discovery":
        bodies = (
            {"domain": landscape.text(200)[:200]},
            {"domain": landscape.text(2000)[:5000], "practice": landscape.text(2000)[:5000]},
        )
        yield _LONG[0], lambda: web.get("/search", params={"q": landscape.text(100)[:480]})
        for name, body in zip(_LONG[1:], bodies, strict=True):
            # A text of its own each time: the last ones' vectors are remembered.
            yield (
                name,
                lambda body=body: web.post(
                    "/related", json=body | {"name": landscape.text(3)[:200]}
                ),
            )


def measure(pid: int, ask: Callable[[], httpx.Response]) -> float:
    """Milliseconds of processor time for one request."""
    for _ in range(2):
        ask()
    began, started, times = processor(pid), time.monotonic(), 0
    while times < _MOST and time.monotonic() - started < _SECONDS:
        ask()
        times += 1
    return (processor(pid) - began) / times * 1000


def processor(pid: int) -> float:
    """Seconds that a process has had so far."""
    found = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(found[11]) + int(found[12])) / _TICKS


if __name__ == "__main__":
    main()
