"""How long the map takes: `python -m tests.bench.mapping [SIZE …]`.

2,000 and 20,000 communities, where no size is given, of themes that share words and meaning. Drawn
as the process does that the worker starts, from tables: the first map, and the next one with a
newcomer. Beside the times: that process's peak memory, what the web needs to show a newcomer and to
answer `/map` and `/map.svg`, and how many others a newcomer moves.
"""

import argparse
import math
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np

from services.discovery.follower import Follower, as_document
from services.discovery.map import picture
from services.discovery.map.following import Atlas, Present
from services.discovery.map.store import Stored, read_map
from services.discovery.map.view import as_json, view
from services.discovery.map.work import Drawing
from services.discovery.meaning.files import read_model
from services.discovery.meaning.store import write_vectors
from services.discovery.meaning.text import key_of, text_of
from services.discovery.projections.registry import DOCUMENTS
from shared.clock import Clock
from shared.database import Database
from shared.migrations.migrate import migrate
from shared.projection.projection import Row, write_rows
from tests.bench.landscapes import MIGRATIONS, Landscape, batched_rows, name

SIZES = (2_000, 20_000)
TARGETS = {2_000: 10.0, 20_000: 120.0}
_DIMENSIONS, _IN_A_THEME = 384, 40
T = TypeVar("T")


class Themes(Landscape):
    """A landscape whose communities are of themes: about forty share words, topics, meaning."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        pick = random.Random(2)
        self.themes = [
            (pick.sample(self.words[500:], 40), pick.sample(self.words[500:], 6))
            for _ in range(max(4, size // _IN_A_THEME))
        ]

    def theme(self, number: int) -> int:
        """The theme of the community of this number."""
        return number * 7919 % len(self.themes)

    def rows(self) -> Iterator[Row]:
        """As discovery's table holds them, a third of the words of the theme."""
        pick = random.Random(self.size + 1)
        for number, row in enumerate(super().rows()):
            words, topics = self.themes[self.theme(number)]
            content = row["content"]
            content["domain"] += " " + " ".join(pick.choices(words, k=25))
            content["topics"] = [*pick.sample(topics, 3), content["topics"][0]]
            yield row

    def vectors(self) -> Iterator[np.ndarray]:
        """One for each community: that of its theme, and as much of its own."""
        numbers = np.random.default_rng(3)
        centres = numbers.standard_normal((len(self.themes), _DIMENSIONS))
        for number in range(self.size):
            vector = centres[self.theme(number)] + numbers.standard_normal(_DIMENSIONS)
            yield (vector / np.linalg.norm(vector)).astype(np.float32)


def fill(url: str, landscape: Themes) -> None:
    """Write a landscape and its vectors into discovery's empty database."""
    migrate(url, url, MIGRATIONS)
    database, model = Database(url), read_model(None).id
    vectors = landscape.vectors()
    for batch in batched_rows(landscape.rows()):
        made = {key_of(text_of(as_document(row))): next(vectors) for row in batch}
        with database.write() as connection:
            write_rows(connection, DOCUMENTS, 1, {}, {row["id"]: row for row in batch})
            write_vectors(connection, made, model)
    database.close()


class Took(NamedTuple):
    """Seconds by the clock, and of processors: these others on the machine make no longer."""

    seconds: float
    worked: float


def draw(url: str) -> Took:
    """Let the worker's step have the map drawn, to its end."""
    database = Database(url)
    started, before = time.monotonic(), _worked()
    assert Drawing(database, None, Clock()).step()
    took = Took(time.monotonic() - started, _worked() - before)
    database.close()
    return took


def _worked() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(size: int) -> None:
    """Print what one size takes."""
    landscape = Themes(size)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/discovery.db"
        fill(url, landscape)
        first = draw(url)
        before = _stored(url)
        answers = _answers(url, landscape)
        again = draw(url)
        after = _stored(url)
    there, here = before.chart.places(), after.chart.places()
    moved = sum(there[one] != here[one] for one in there)
    chart = after.chart
    met = "met" if first.seconds <= TARGETS.get(size, math.inf) else "missed"
    said = f"target {TARGETS[size]:g} s {met}" if size in TARGETS else ""
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\n{size:,} communities: {len(chart.nodes):,} open, {len(chart.edges):,} edges,")
    print(f"{len(chart.groups)} groups, {len(chart.bridges)} bridges")
    print(f"{'first map, s':44}{first.seconds:9.1f}  {said}")
    print(f"{'of that, work of processors, s':44}{first.worked:9.1f}")
    print(f"{'the next, with a newcomer, s':44}{again.seconds:9.1f}  {again.worked:.1f} of work")
    print(f"{'others whom the newcomer moved':44}{moved:9}  of {len(there):,}")
    for what, milliseconds in answers.items():
        print(f"{what:44}{milliseconds:9.0f}")
    print(f"{'peak memory of the process so far, MiB':44}{memory:9.0f}", flush=True)


def _answers(url: str, landscape: Themes) -> dict[str, float]:
    """Add a newcomer; how many milliseconds the web then takes for each part of an answer."""
    database, follower, atlas = Database(url), Follower(), Atlas()
    follower.catch_up(database)
    times: dict[str, float] = {}

    def timed(what: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        done = work()
        times[what] = (time.perf_counter() - started) * 1000
        return done

    def present() -> Present:
        with database.read() as connection:
            found = atlas.present(connection, follower.known)
        assert found is not None
        return found

    timed("web: the map read anew, ms", present)
    _add(url, landscape)
    follower.catch_up(database)
    found = timed("web: a newcomer put in, ms", present)
    assert len(found.chart.nodes) == len(found.stored.chart.nodes) + 1
    seen = view(found, follower.known)
    timed("web: /map written, ms", lambda: msgspec.json.encode(as_json(seen, follower.known)))
    timed("web: /map.svg drawn, ms", lambda: picture.draw(seen))
    database.close()
    return times


def _stored(url: str) -> Stored:
    database = Database(url)
    with database.read() as connection:
        found = read_map(connection)
    database.close()
    assert found is not None
    return found


def _add(url: str, landscape: Themes) -> None:
    """One more community, alike to the first."""
    row = next(landscape.rows())
    row |= {"id": name(landscape.size), "content": row["content"] | {"name": "newcomer"}}
    database = Database(url)
    with database.write() as connection:
        write_rows(connection, DOCUMENTS, 1, {}, {row["id"]: row})
    database.close()


def main() -> None:
    """Measure the sizes asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mapping", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE")
    for size in parser.parse_args().sizes:
        measure(size)


if __name__ == "__main__":
    main()
