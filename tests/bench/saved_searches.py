"""A thousand saved searches asked of each newly registered community, among ten thousand.

Three in four are by words, one by likeness. Vectors lie in fifty clusters, about as like one
another as texts on one subject are; so each new community is near a fiftieth of all searches.
"""

import random
import statistics
import time
from collections.abc import Iterator

import numpy as np

from services.discovery.follower import Known, as_document
from services.discovery.index import Document, Index
from services.discovery.index.arrays import Weights
from services.discovery.meaning.store import Stored
from services.discovery.meaning.text import key_of, text_of
from services.discovery.meaning.vectors import Vectors
from services.discovery.meaning.voice import Asked, MeaningVoice
from services.discovery.networks import Networks
from services.discovery.saved.matching import Matcher
from services.discovery.saved.store import Search
from tests.bench import table
from tests.bench.ground import Ground
from tests.bench.landscapes import Landscape, name

COMMUNITIES, SEARCHES, NEW = 10_000, 1_000, 200
_CLUSTERS, _DIMENSIONS, _SPREAD = 50, 384, 0.9
_BOUND_MS = 50.0


class Clusters:
    """In place of the model: a text's vector is near the middle of its cluster."""

    name = id = "clusters"
    dimensions = _DIMENSIONS

    def __init__(self) -> None:
        self._numbers = np.random.default_rng(1)
        self._middles = self._numbers.standard_normal((_CLUSTERS, _DIMENSIONS))

    def encode(self, text: str, _most_tokens: int = 0) -> Weights:
        middle = self._middles[sum(text.encode()) % _CLUSTERS]
        vector = middle + _SPREAD * self._numbers.standard_normal(_DIMENSIONS)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


def saved_searches(_place: Ground) -> Iterator[table.Line]:
    landscape, encoder = Landscape(COMMUNITIES), Clusters()
    vectors = Vectors(_DIMENSIONS)
    voice = MeaningVoice(vectors, Asked(encoder))  # type: ignore[arg-type]
    index = Index(voices=[voice])
    known = Known(index, Networks(), {}, {}, voice, encoder.name)

    def put(documents: list[Document]) -> None:
        index.put_many(documents)
        texts = map(text_of, documents)
        voice.learn(vectors.add(Stored(key_of(t), encoder.encode(t)) for t in texts))
        index.refresh()

    put([as_document(row) for row in landscape.rows()])
    matcher = Matcher(known)
    matcher.add(_searches(landscape))
    times, found = [], 0
    for number in range(NEW):
        new = Document(f"com_new{number:04}", landscape.text(4), landscape.text(60))
        put([new])
        begun = time.perf_counter()
        found += len(matcher.matching(new.id))
        times.append((time.perf_counter() - begun) * 1000)
    yield table.Line(
        f"{SEARCHES:,} saved searches asked of a new community",
        f"{statistics.median(times):.1f} ms (p99 {statistics.quantiles(times, n=100)[98]:.1f})",
        "",
        "",
        f"≤ {_BOUND_MS:g} ms",
        statistics.median(times) <= _BOUND_MS,
        f"floors worked out anew; {COMMUNITIES:,} communities, {found / NEW:.0f} searches match",
    )


def _searches(landscape: Landscape) -> list[Search]:
    chance = random.Random(1)
    found = []
    for number in range(SEARCHES):
        key = f"sav_{number:04}"
        if number % 4 == 3:
            like = name(chance.randrange(COMMUNITIES))
            found.append(Search(key, like=like, threshold=0.3))
        else:
            filters = {"region": [f"region {number % 11}"]} if number % 5 == 0 else {}
            found.append(Search(key, landscape.text(chance.randint(1, 5)), filters))
    return found
