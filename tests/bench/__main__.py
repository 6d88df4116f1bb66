"""All benchmarks in one run and one table: `python -m tests.bench [DATA_FOLDER] [--only NAME]`."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from tests.bench import held_back, ranking
from tests.bench.appends import appends
from tests.bench.ground import Ground, ground
from tests.bench.importing import importing
from tests.bench.notifying import notifying
from tests.bench.parts import parts
from tests.bench.projecting import projecting
from tests.bench.relaying import relaying
from tests.bench.saved_searches import saved_searches
from tests.bench.scheduling import scheduling
from tests.bench.serving import serving
from tests.bench.table import Line, table
from tests.bench.tailing import tailing
from tests.bench.visibility import visibility

ITEMS: dict[str, Callable[[Ground], Iterable[Line]]] = {
    "appends-postgresql": partial(appends, "postgresql"),
    "appends-sqlite": partial(appends, "sqlite"),
    "projecting-postgresql": partial(projecting, "postgresql"),
    "projecting-sqlite": partial(projecting, "sqlite"),
    "tailing": tailing,
    "relay": relaying,
    "get": serving,
    "visible-feed": partial(visibility, "feed"),
    "visible-kafka": partial(visibility, "kafka"),
    "import": importing,
    "notifications": notifying,
    "scheduling": scheduling,
    "saved-searches": saved_searches,
}


def main() -> None:
    asked = _arguments()
    lines: list[Line] = []
    with ground() as place:
        for name in asked.only or ITEMS:
            started = time.monotonic()
            print(f"{name} …", end=" ", file=sys.stderr, flush=True)
            lines += ITEMS[name](place)
            print(f"{time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print(table(lines))
    if asked.data is not None:
        print()
        choices = parts()
        ranking.main(asked.data, choices)
        print()
        held_back.main(asked.data, choices["all"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "data", nargs="?", type=Path, metavar="DATA_FOLDER", help="labelled sets: ranks them too"
    )
    parser.add_argument(
        "--only", action="append", choices=ITEMS, metavar="NAME", help=", ".join(ITEMS)
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
