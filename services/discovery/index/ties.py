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

    def __init__(
        self,
        common: Mapping[str, float],
        like: Mapping[str, float],
        thirds: Mapping[int, Sequence[str]],
        size: int,
    ) -> None:
        """Weigh the third ones: those linked with the one asked about, and those like it.

        `thirds` are those whom each slot is linked with, of these; `size` counts all slots.
        """
        self._common, self._like, self._thirds = common, like, thirds
        self.lifts = np.zeros(size)
        """What each slot's score gains, as a part of what it lacks to 1."""
        for slot, some in thirds.items():
            signs = (_sated(weights[t] for t in some if t in weights) for weights in (common, like))
            self.lifts[slot] = _WEIGHT * sum(signs)

    def between(self, slot: int, name: Callable[[str], str | None]) -> Between:
        """Give the names of those between the one asked about and a slot, heaviest first."""
        some = self._thirds.get(slot, ())
        common = [third for third in some if third in self._common]
        like = [third for third in some if third not in self._common]
        return Between(_names(common, self._common, name), _names(like, self._like, name))


def likest(
    relating: Relating, scores: Floats, own: int | None, snapshot: Snapshot
) -> dict[str, float]:
    """Give the ids and exact scores of the open communities that are most like one.

    `scores` are the rough ones, which choose; `own` is its slot, if it has one.
    """
    among = np.flatnonzero(snapshot.open & (scores > 0.0))
    among = among[among != own] if own is not None else among
    if len(among) > _LIKEST:
        among = among[np.argpartition(scores[among], -_LIKEST)[-_LIKEST:]]
    slots: list[int] = among.tolist()
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

    None where there are none. Those that the index does not have, or not yet, are not raised.
    """
    links = dict(links_of([asked, *like]))
    own = links.pop(asked, ())
    links |= links_of([third for third in own if third not in like])
    thirds = {
        slot: some
        for other, some in _turned(links).items()
        if other != asked and (slot := snapshot.slot(other, slots)) is not None
    }
    common = {third: 1.0 / math.log(max(len(links[third]), 2)) for third in own if third in links}
    return Ties(common, like, thirds, snapshot.size) if thirds else None


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


def _names(
    thirds: Iterable[str], weights: Mapping[str, float], name: Callable[[str], str | None]
) -> tuple[str, ...]:
    heaviest = sorted(thirds, key=lambda third: (-weights[third], third))
    return tuple(known for third in heaviest if (known := name(third)) is not None)
