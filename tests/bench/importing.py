"""An import of 100,000 lines in one request, while discovery follows."""

import http.client
import json
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from shared.eventstore.events import Cursor
from tests.bench import table
from tests.bench.ground import Ground
from tests.platform import OPERATOR, Platform
from tests.servers import await_that

LINES = 100_000
_LEAST = 1500
_MOST_MEGABYTES = 512
_CHUNK = 500  # lines sent at once
_WORDS = [
    *("falls", "frailty", "care", "home", "medication", "pharmacist", "nursing", "dementia"),
    *("stroke", "rehabilitation", "discharge", "maternity", "learning", "improvement", "safety"),
    *("diabetes", "respiratory", "cancer", "palliative", "children", "young", "people", "mental"),
]


def importing(ground: Ground) -> Iterator[table.Line]:
    """On SQLite, over HTTP; with the registry's peak memory, and when discovery has it all."""
    with Platform(ground.room()) as platform:
        before = _peak_megabytes(platform)
        started = time.monotonic()
        answer = _send(platform.urls["registry"])
        seconds = time.monotonic() - started
        peak = _peak_megabytes(platform)
        await_that(lambda: _discovered(platform), 120)
        behind = time.monotonic() - started - seconds
    if answer["new"] != LINES:
        raise RuntimeError(f"not all was imported: {answer}")
    yield table.at_least(
        f"import of {LINES:,} lines, SQLite",
        LINES / seconds,
        _LEAST,
        of="lines",
        bound="checking, deciding and rendering each line in Python, discovery beside it",
    )
    yield table.at_most(
        "the registry's peak memory meanwhile",
        peak,
        _MOST_MEGABYTES,
        unit="MB",
        also=f" (before {before:,.0f})",
        bound=f"a batch of lines; discovery had all {behind:.0f} s later",
    )


def _discovered(platform: Platform) -> bool:
    """Whether discovery has applied all that is in the registry's store."""
    head = Cursor.parse(platform.status("registry")["head"])
    consumers = platform.status("discovery")["consumers"]
    return Cursor.parse(consumers[0]["position"]) >= head


def _send(url: str) -> dict[str, int]:
    connection = http.client.HTTPConnection(str(urlsplit(url).netloc), timeout=600)
    connection.request(
        "POST",
        "/communities/import?source=bench",
        _list(),
        {"Authorization": f"Bearer {OPERATOR}", "Content-Type": "application/x-ndjson"},
        encode_chunked=True,
    )
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"the import was answered with {answer.status}: {body}")
    return dict(body)


def _list() -> Iterator[bytes]:
    """The lines, made as they are sent."""
    chance = random.Random(1)
    for start in range(0, LINES, _CHUNK):
        lines = [_line(number, chance) for number in range(start, start + _CHUNK)]
        yield "".join(lines).encode()


def _line(number: int, chance: random.Random) -> str:
    record = {
        "id": str(number),
        "name": f"Community {number} for {' '.join(chance.choices(_WORDS, k=4))}",
        "domain": " ".join(chance.choices(_WORDS, k=30)),
        "topics": chance.choices(_WORDS, k=3),
        "network": f"Network {number % 15}",
        "region": f"Region {number % 9}",
    }
    return json.dumps(record) + "\n"


def _peak_megabytes(platform: Platform) -> float:
    """The most memory that the registry's web process ever had, by Linux' account; else 0."""
    peaks = [0.0]
    for pid in platform.pids("registry web"):
        status = Path(f"/proc/{pid}/status")
        if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
            peaks.append(int(found[1]) / 1024)
    return max(peaks)
