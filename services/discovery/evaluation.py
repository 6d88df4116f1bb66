"""How well discovery ranks by what its own users have judged, with intervals."""

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from services.discovery.index import Index
from services.discovery.index.levels import Level

DEPTH = 10
_MOST_ASKED = 500  # communities: the ranking of each takes some milliseconds
_DRAWS = 1_000
_Z = 1.96  # of a 95 % interval
_RIGHT = 2  # the relevance from which on showing it was right: found useful, or linked

Label = tuple[str, str, int]


class Share(NamedTuple):
    """A share, and the interval that holds the true one in 19 of 20 cases; None where nothing
    was judged."""

    value: float | None
    low: float | None
    high: float | None
    of: int


class Evaluation(NamedTuple):
    """The mean nDCG@10 of the communities that have judged, and for each level the share that was
    right of the pairs that are shown so."""

    labels: int
    ndcg: Share
    right: Mapping[Level, Share]


def evaluate(index: Index, labels: Iterable[Label]) -> Evaluation:
    """Hold today's ranking against all labels of communities that are still here.

    Links are left out of the ranking: they are labels themselves.
    """
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for one, other, relevance in labels:
        if index.get(one) and index.get(other):
            judged[one][other] = relevance
    asked = [one for one in sorted(judged) if any(judged[one].values())]
    if len(asked) > _MOST_ASKED:
        asked = sorted(random.Random(0).sample(asked, _MOST_ASKED))  # noqa: S311 - no secret
    gains = [
        ndcg([match.id for match in index.related(one, limit=DEPTH)], judged[one]) for one in asked
    ]
    return Evaluation(sum(map(len, judged.values())), mean(gains), _right(index, judged))


def _right(index: Index, judged: Mapping[str, Mapping[str, int]]) -> Mapping[Level, Share]:
    levels = index.scales.pairs
    shown: dict[Level, list[bool]] = {level: [] for level in Level}
    for one, others in sorted(judged.items()):
        for other, score in index.likeness(one, sorted(others)).items():
            shown[levels.of(score)].append(others[other] >= _RIGHT)
    return {level: share(sum(right), len(right)) for level, right in shown.items()}


def ndcg(ranked: Sequence[str], relevance: Mapping[str, float], depth: int = DEPTH) -> float:
    """Give the normalised discounted cumulative gain of one ranking (Järvelin & Kekäläinen
    2002), with linear gain: 1 for the best order there can be, 0 where nothing is relevant."""

    def discounted(gains: Sequence[float]) -> float:
        return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains[:depth]))

    best = discounted(sorted(relevance.values(), reverse=True))
    return discounted([relevance.get(document, 0.0) for document in ranked]) / best if best else 0.0


def mean(values: Sequence[float]) -> Share:
    """Give a mean and its interval, by drawing from the values again and again (Efron 1979)."""
    if not values:
        return Share(None, None, None, 0)
    dice = random.Random(0)  # noqa: S311 - no secret; the same values give the same interval
    means = sorted(fmean(dice.choices(values, k=len(values))) for _ in range(_DRAWS))
    low, high = means[int(0.025 * _DRAWS)], means[int(0.975 * _DRAWS) - 1]
    return Share(round(fmean(values), 4), round(low, 4), round(high, 4), len(values))


def share(right: int, of: int) -> Share:
    """Give a share and its interval (Wilson 1927), which holds for few as well."""
    if not of:
        return Share(None, None, None, 0)
    part, z = right / of, _Z * _Z / of
    middle = (part + z / 2) / (1 + z)
    half = _Z * math.sqrt(part * (1 - part) / of + z / (4 * of)) / (1 + z)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Share(round(part, 4), round(low, 4), round(high, 4), of)
