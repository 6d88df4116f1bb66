"""Every list and report at 1,000, 5,000 and 20,000: `python -m tests.bench.lists [--sizes N …]`.

On both databases, without statistics that anybody asked for: as after an import. A page of a list
takes as long however much there is; a report may grow with what it counts, not with its square.
Ends with 1 where an answer grows faster, or fails.
"""

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.bench.ground import Ground, ground
from tests.bench.list_data import Filled, fill
from tests.discovery import open_discovery
from tests.notifications import open_notifications
from tests.registry import Caller, open_registry
from tests.scheduling import open_scheduling

SIZES = (1_000, 5_000, 20_000)
_REPEATS = 5
# From the smallest size to the largest at most so many times as long for each time as many: the
# smallest fits into caches, but what grows with the square takes ten times longer than that. What
# is quicker at the smallest counts as so many milliseconds.
_MOST_GROWTH, _LEAST_MS = 2.0, 5.0


class Measure(NamedTuple):
    """The quickest of a few answers, in milliseconds: others on the machine make it no longer."""

    path: str
    size: int
    milliseconds: float


def measure(kind: str, size: int, place: Ground) -> list[Measure]:
    """Fill the four services on a kind of database, and ask each for everything it lists."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder)
        registry = stack.enter_context(open_registry(place.database(kind), path))
        scheduling = stack.enter_context(open_scheduling(place.database(kind), path))
        discovery = stack.enter_context(open_discovery(place.database(kind), path))
        post = stack.enter_context(open_notifications(place.database(kind), path))
        filled = fill(size, registry, scheduling, discovery, post)
        found: list[Measure] = []
        for name, app in (
            ("registry", registry.app),
            ("scheduling", scheduling.app),
            ("discovery", discovery.app),
            ("notifications", post.operator.app),
        ):
            caller = Caller(app)
            for asked in paths(name, filled):
                found.append(
                    Measure(f"{name} {_masked(asked, filled)}", size, _time(caller, asked))
                )
        return found


def paths(service: str, filled: Filled) -> Iterable[str]:
    """What there is to list or report, with every filter that has a plan of its own."""
    yield from ("/events?limit=1000", "/status", "/dead-letters")
    yield from _PATHS[service](filled)


def _registry(f: Filled) -> Iterable[str]:
    yield from ("/communities", "/communities?sort=-name", "/networks", "/organisations", "/people")
    yield from (f"/communities?network={f.network}", "/communities?region=Nowhere")
    yield from ("/communities?stage=maturing", "/communities?state=closed")
    yield from ("/communities?needs_convener=true", f"/communities?external_id={f.size}")
    yield from (f"/communities/{f.community}", f"/communities/{f.community}/history")
    yield "/events?types=registry.network.described"


def _scheduling(f: Filled) -> Iterable[str]:
    yield from ("/sessions", "/cohorts", "/programmes", "/rhythm", "/rhythm?standing=quiet")
    yield from (f"/sessions?community={f.community}", f"/communities/{f.community}/rhythm")
    yield from (f"/cohorts/{f.cohort}/applications", f"/cohorts/{f.cohort}/participants")
    yield from (f"/sessions/{f.session}/replies", f"/communities/{f.community}/calendar.ics")


def _discovery_paths(f: Filled) -> Iterable[str]:
    yield from (f"/landscape?by={by}" for by in ("network", "region", "stage", "sector"))
    yield from (f"/landscape?network={f.network}", "/landscape.csv?as_of=2026-06-30")
    yield from ("/links", f"/communities/{f.community}/links", "/labels", "/unmet-needs")
    yield from ("/search?q=falls", f"/communities/{f.community}/related")
    yield from (f"/communities/{f.community}/joint-sessions", f"/saved-searches?person={f.person}")


def _notifications(f: Filled) -> Iterable[str]:
    yield from ("/deliveries", "/deliveries?status=queued", f"/deliveries?person={f.person}")
    yield from ("/deliveries?status=sent", f"/deliveries?about={f.community}", "/post", "/outbox")
    yield from ("/webhooks", "/reminders", f"/people/{f.person}/preferences")


_PATHS: Mapping[str, Callable[[Filled], Iterable[str]]] = {
    "registry": _registry,
    "scheduling": _scheduling,
    "discovery": _discovery_paths,
    "notifications": _notifications,
}


def _masked(asked: str, filled: Filled) -> str:
    """The path without the ids of this size."""
    for name in ("network", "community", "person", "cohort", "session"):
        asked = asked.replace(getattr(filled, name), name.upper())
    return asked.replace(f"external_id={filled.size}", "external_id=N")


def _time(caller: Caller, asked: str) -> float:
    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        answer = caller.get(asked)
        times.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            print(f"{asked}: {answer.status_code} {answer.text[:300]}", file=sys.stderr)
            return math.inf
    return min(times)


def excessive(found: Sequence[Measure]) -> list[str]:
    """The paths that take a time which grows faster than what there is."""
    smallest, largest = min(m.size for m in found), max(m.size for m in found)
    first = {m.path: m.milliseconds for m in found if m.size == smallest}
    last = {m.path: m.milliseconds for m in found if m.size == largest}
    most = _MOST_GROWTH * largest / smallest
    return [path for path, ms in last.items() if ms > most * max(first[path], _LEAST_MS)]


def show(kind: str, found: Sequence[Measure]) -> None:
    """Print a table: a path a line, a size a column."""
    sizes = sorted({m.size for m in found})
    print(f"\n{kind:58}" + "".join(f"{size:>10,}" for size in sizes) + "  ms")
    for path in dict.fromkeys(m.path for m in found):
        each = {m.size: m.milliseconds for m in found if m.path == path}
        print(f"{path:58}" + "".join(f"{each[size]:10.1f}" for size in sizes), flush=True)


def main() -> None:
    """Measure, print, and end with 1 where something grows too fast."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.lists", description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, metavar="N")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    failed = []
    with ground() as place:
        for kind in [asked.only] if asked.only else ("sqlite", "postgresql"):
            found = [m for size in asked.sizes for m in measure(kind, size, place)]
            show(kind, found)
            failed += [f"{kind}: {path} grows too fast" for path in excessive(found)]
    print("\n".join(failed) or "Nothing grows faster than what there is.")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
