"""A process that draws one map and ends: `python -m services.discovery.map.process`.

A process of its own, so that the worker's consumers are not held up by what takes its time, and
so that the memory goes back when it is done. What it needs comes on its standard input, as one
line of JSON; that stays open as long as whoever started it lives.
"""

import os
import sys
import threading
from pathlib import Path

import msgspec

from services.discovery.map.drawing import draw
from services.discovery.map.errand import Drawn, Errand
from shared.database import Database

_NICE = 10


def main() -> int:
    """Read an errand, carry it out, and say in a line what came of it."""
    os.nice(_NICE)
    errand = msgspec.json.decode(sys.stdin.buffer.readline(), type=Errand)
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    database = Database(errand.database, pool_size=2, application="hedgerow-discovery-map")
    new = draw(database, Path(errand.model) if errand.model else None, errand.at)
    database.close()
    if new is not None:
        chart = new.chart
        drawn = Drawn(new.revision, new.seconds, len(chart.nodes), len(chart.groups))
        sys.stdout.buffer.write(msgspec.json.encode(drawn))
        sys.stdout.flush()
    return 0


def _end_with_the_worker() -> None:
    """When the worker is gone nobody wants the map from here: the next one draws its own."""
    while os.read(sys.stdin.fileno(), 1):  # the buffered one would hold its lock to the end
        pass
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
