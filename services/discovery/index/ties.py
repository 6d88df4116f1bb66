"""What links say of who should know whom: third communities that both have to do with.

Two signs, measured on links that were held back (docs/decisions/ranking-by-links.md): both are
linked with the same third one (Adamic & Adar 2003: the fewer links that one has, the more it says);
or the one found is linked with some of those that are most like the one asked about.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np

from services.discovery.index.arrays import Floats
from services.discovery.index.reasons import Between
from services.discovery.index.relating import Relating
from services.discovery.index.snapshot import Snapshot

# Gives, for each of some communities, whom it is linked with; all by their ids.
LinksOf = Callable[[Sequence[str]], Mapping[str, Collection[str]]]

_LIKEST = 10
_WEIGHT = 0.05  # of each sign, as a part of what a score lacks to 1


class Ties:
    """What the links around one community say of the others."""

    def __init__(self, lifts: Floats, told: Mapping[int, Between]) -> None:
        """Take both by slot; `lifts` is as long as the index, 0 where links say nothing."""
        self.lifts, self._told = lifts, told

    def between(self, slot: int) -> Between:
        """Give the names of those between the one asked about and a slot, heaviest first."""
        return self._told.get(slot, Between())


def likest(
    relating: Relating, scores: Floats, own: int | None, snapshot: Snapshot
) -> dict[str, float]:
    """Give the ids and exact scores of the open communities that are most like one.

    `scores` are the rough ones, which choose; `own` is its slot, if it has one.
    """
    among = np.where(snapshot.open, scores, 0.0)
    if own is not None:
        among[own] = 0.0
    count = min(_LIKEST, int(np.count_nonzero(among)))
    slots = np.argpartition(among, len(among) - count)[len(among) - count :].tolist()
    exact = relating.exactly(slots).tolist() if slots else []
    return {snapshot.entry(s).document.id: score for s, score in zip(slots, exact, strict=True)}


def ties(
    asked: str,
    like: Mapping[str, float],
    links_of: LinksOf,
    snapshot: Snapshot,
    slots: Mapping[str, int],
) -> Ties | None:
    """Ask for the links of a community, of those linked with it, and of those most like it.

    None where there are none. Those that the index does not have, or not yet, do not count.
    """
    links = dict(links_of([asked, *like]))
    own = links.pop(asked, ())
    links |= links_of([third for third in own if third not in like])
    lifts, told = np.zeros(snapshot.size), {}

    def names(weights: Mapping[str, float]) -> tuple[str, ...]:
        heaviest = sorted(weights, key=lambda third: (-weights[third], third))
        found = (snapshot.slot(third, slots) for third in heaviest)
        return tuple(snapshot.entry(s).document.shown_name for s in found if s is not None)

    for other, thirds in _turned(links).items():
        if other != asked and (slot := snapshot.slot(other, slots)) is not None:
            common = {t: 1.0 / math.log(max(len(links[t]), 2)) for t in thirds if t in own}
            near = {t: like[t] for t in thirds if t in like}
            lifts[slot] = _WEIGHT * (_sated(common.values()) + _sated(near.values()))
            told[slot] = Between(
                names(common), names({t: near[t] for t in near if t not in common})
            )
    return Ties(lifts, told) if told else None


def _turned(links: Mapping[str, Collection[str]]) -> Mapping[str, list[str]]:
    """Turn links round: the third ones by the community that they lead to."""
    turned: dict[str, list[str]] = {}
    for third, others in links.items():
        for other in others:
            turned.setdefault(other, []).append(third)
    return turned


def _sated(weights: Iterable[float]) -> float:
    """Each further third one says less: from 0 for none towards 1."""
    return 1.0 - math.exp(-math.fsum(weights))
