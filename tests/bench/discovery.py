"""How fast discovery answers: `python -m tests.bench.discovery [SIZE …] [--picture FILE.svg]`.

1,000, 10,000 and 100,000 communities, where no size is given; the picture shows how p50 grows.

Over HTTP with one client, beside PostgreSQL's own full-text ranking (`ts_rank_cd` over a GIN
index, asked through its driver) of the same communities in the same run. Also the start of the
index from its tables, the memory of all of discovery's processes, and how soon a new community is
found while ten a second are registered.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.bench.fulltext import FullText
from tests.bench.landscapes import Landscape, fill, name
from tests.bench.picture import growth
from tests.platform import Platform
from tests.servers import Unavailable, await_that, open_postgres

SIZES = (1_000, 10_000, 100_000)
_ASKED, _NEW, _A_SECOND = 200, 100, 10
_WARM = 3  # first calls of each kind, which are not counted


class Line(NamedTuple):
    """One measure: milliseconds of each, sorted."""

    what: str
    times: list[float]

    @property
    def middle(self) -> float:
        """The p50."""
        return self.times[len(self.times) // 2]

    def told(self) -> str:
        """As a line of the table: p50 and p99."""
        last = self.times[int(len(self.times) * 0.99)]
        return f"{self.what:44}{self.middle:9.1f}{last:9.1f}"


def measure(size: int) -> list[Line]:
    """Print the table of one size; gives the lines of answers."""
    lines: list[Line] = []
    print(f"\n{size:,} communities{'ms, p50':>31}{'p99':>9}", flush=True)
    landscape = Landscape(size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "discovery.db"
        fill(f"sqlite:///{path}", landscape)
        started = time.monotonic()
        with Platform(path.parent, settings={"HEDGEROW_LOG_LEVEL": "info"}) as platform:
            client = platform.client("discovery", None)
            await_index(client)
            first = time.monotonic() - started
            await_that(lambda: "knows meaning too" in platform.log("discovery web"), 120)
            print(f"first answer after {first:.1f} s; {_filled(platform)}")
            for line in _answers(client, landscape):
                lines.append(line)
                print(line.told(), flush=True)
            print(f"{'memory of its processes, MiB':44}{_memory(platform):9.0f}", flush=True)
            print(Line("found after its 201, 10 a second", _fresh(platform)).told(), flush=True)
    return lines + _measure_postgres(size)


def _answers(client: httpx.Client, landscape: Landscape) -> Iterable[Line]:
    numbers = range(0, landscape.size, max(1, landscape.size // _ASKED))
    related = [f"/communities/{name(n)}/related" for n in numbers if n % 20 != 19]
    yield timed("related", (lambda p=path: client.get(p) for path in related))
    for words in (1, 2, 4):
        asked = [landscape.text(words) for _ in range(_ASKED)]
        calls = (lambda q=q: client.get("/search", params={"q": q}) for q in asked)
        yield timed(f"search, {words} words", calls)
    texts = [{"domain": landscape.text(60), "name": landscape.text(4)} for _ in range(_ASKED)]
    yield timed(
        "POST /related, 64 words",
        (lambda t=text: client.post("/related", json=t) for text in texts),
    )


def timed(what: str, calls: Iterable[Callable[[], Any]]) -> Line:
    times = []
    for number, call in enumerate(calls):
        started = time.perf_counter()
        answer = call()
        if isinstance(answer, httpx.Response):
            answer.raise_for_status()
        if number >= _WARM:  # the first ones find caches empty
            times.append((time.perf_counter() - started) * 1000)
    return Line(what, sorted(times))


def _fresh(platform: Platform) -> list[float]:
    """How long after its 201 a community is found by a word of its own, ten coming a second."""
    registry, client = platform.client("registry"), platform.client("discovery", None)
    times, begin = [], time.monotonic()
    for number in range(_NEW):
        time.sleep(max(0.0, begin + number / _A_SECOND - time.monotonic()))
        word = "zq" + "".join(chr(ord("a") + int(d)) for d in f"{number:04}")
        registry.post("/communities", json={"name": word, "domain": word}).raise_for_status()
        started = time.perf_counter()
        while not _knows(client, word):
            pass
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times)


def _knows(client: httpx.Client, word: str) -> bool:
    items = client.get("/search", params={"q": word, "limit": 1}).json()["items"]
    return bool(items) and items[0]["name"] == word


def await_index(client: httpx.Client) -> None:
    deadline = time.monotonic() + 300
    while client.get("/search", params={"q": "a"}).status_code == 503:
        if time.monotonic() > deadline:
            raise TimeoutError("the index was not filled within 300 s")
        time.sleep(0.25)


def _filled(platform: Platform) -> str:
    lines = platform.log("discovery web").splitlines()
    return next(line[line.index("the index") :] for line in lines if "index is filled" in line)


def _memory(platform: Platform) -> float:
    """Resident MiB of all of discovery's processes; what they share is counted once each."""
    pids = [pid for role in ("discovery web", "discovery worker") for pid in platform.pids(role)]
    kinds = (Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() for pid in pids)
    shares = (line.split()[1] for lines in kinds for line in lines if line.startswith("Pss:"))
    return sum(map(int, shares)) / 1024


def _measure_postgres(size: int) -> list[Line]:
    try:
        server = open_postgres()
    except Unavailable as error:
        print(f"no PostgreSQL to compare with: {error}")
        return []
    lines = []
    try:
        landscape = Landscape(size)
        with FullText(server, landscape) as peer:
            for line in _peer_answers(peer, landscape):
                lines.append(line)
                print(line.told(), flush=True)
    finally:
        server.discard()
    return lines


def _peer_answers(peer: FullText, landscape: Landscape) -> Iterable[Line]:
    # Any of sixty words is in nearly all of them: seconds each, where there are many.
    asked = [landscape.text(60) for _ in range(_WARM + max(5, 50_000 // landscape.size))]
    yield timed("ts_rank_cd, any of 60 words", _calls(peer.related, asked))
    for words in (1, 2, 4):
        queries = [landscape.text(words) for _ in range(_ASKED)]
        yield timed(f"ts_rank_cd, {words} words", _calls(peer.search, queries))


def _calls(ask: Callable[[str], Any], texts: Sequence[str]) -> Iterable[Callable[[], Any]]:
    return (lambda t=text: ask(t) for text in texts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.discovery", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg")
    asked = parser.parse_args()
    found = {size: measure(size) for size in asked.sizes}
    if asked.picture is not None:
        curves: dict[str, list[tuple[int, float]]] = {}
        for size, lines in found.items():
            for line in lines:
                curves.setdefault(line.what, []).append((size, line.middle))
        asked.picture.write_text(growth(curves))


if __name__ == "__main__":
    main()
