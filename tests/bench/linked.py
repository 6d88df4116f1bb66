"""What links cost `related`: `python -m tests.bench.linked [SIZE]`; else 10,000 communities.

Over HTTP with one client: the same communities are asked without any link, then with 10,000 links,
two for each on average; and then one that has two hundred.
"""

import argparse
import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx

from services.discovery.bootstrap import build
from services.discovery.domain.link import Accepted
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change
from shared.identifiers import derived_id
from shared.settings import load_settings
from tests.bench.discovery import Line, await_index, timed
from tests.bench.landscapes import Landscape, fill, name
from tests.platform import Platform
from tests.servers import await_that

LINKS, _OF_ONE, _ASKED, _BATCH = 10_000, 200, 400, 500


def pairs(size: int) -> Iterator[tuple[str, str]]:
    """Of open communities, each pair once; those of the first come first."""
    pick, seen = random.Random(1), set()
    open_ = [n for n in range(size) if n % 20 != 19]
    for other in open_[1 : _OF_ONE + 1]:
        seen.add((open_[0], other))
        yield name(open_[0]), name(other)
    while len(seen) < LINKS:
        one, other = sorted(pick.sample(open_, 2))
        if (one, other) not in seen:
            seen.add((one, other))
            yield name(one), name(other)


def link_up(environ: dict[str, str], size: int) -> None:
    """Append the events of links, with discovery's own tables."""
    service = build(load_settings(environ))
    changes = []
    for both in pairs(size):
        link = derived_id("lnk", *both)
        changes.append(Change(link, 0, [Accepted(link, both, "Meet")]))
    for start in range(0, len(changes), _BATCH):
        with service.write() as connection:
            service.streams.append(
                connection,
                changes[start : start + _BATCH],
                cause=Cause("bench"),
                now=datetime.now(UTC),
            )
    service.database.close()


def ask(client: httpx.Client, size: int, what: str) -> Line:
    numbers = [n for n in range(0, size, max(1, size // _ASKED)) if n % 20 != 19]
    paths = [f"/communities/{name(n)}/related" for n in numbers]
    for path in paths:  # once, so that both measures find caches as full
        client.get(path)
    return timed(what, (lambda p=path: client.get(p) for path in paths))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.linked", description=__doc__)
    parser.add_argument("size", nargs="?", type=int, default=10_000, metavar="SIZE")
    size = parser.parse_args().size
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "discovery.db"
        fill(f"sqlite:///{path}", Landscape(size))
        settings = {"HEDGEROW_LOG_LEVEL": "info"}
        with Platform(path.parent, services=["discovery"], settings=settings) as platform:
            client = platform.client("discovery", None)
            await_index(client)
            await_that(lambda: "knows meaning too" in platform.log("discovery web"), 120)
            print(f"{size:,} communities{'ms, p50':>31}{'p99':>9}", flush=True)
            print(ask(client, size, "related, no links").told(), flush=True)
            link_up(platform.environ, size)
            print(ask(client, size, f"related, {LINKS:,} links").told(), flush=True)
            first = f"/communities/{name(0)}/related"
            for what, at in (
                (f"related, one with {_OF_ONE} of them", first),
                ("the same, linked ones left out", f"{first}?leave_out=linked"),
            ):
                print(timed(what, [lambda at=at: client.get(at)] * 100).told(), flush=True)


if __name__ == "__main__":
    main()
