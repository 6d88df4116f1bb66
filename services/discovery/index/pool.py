"""Order within a pool of candidates, by those that each is most like as well as by itself.

Two communities that are like the same third ones are likelier to be related than their own
likeness says. Each of the pool is taken together with the three that are most like it, and this
small group is compared with the one asked about. Measured: docs/decisions/ranking-by-neighbours.md.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from services.discovery.index.arrays import Floats, Places
from services.discovery.index.ranking import DIGITS, Exactly, Ranked, best
from services.discovery.index.relating import among
from services.discovery.index.snapshot import Snapshot
from services.discovery.index.voice import Heard

NEIGHBOURS = 3
# The best of all, shown or not, and of those that may be shown.
FROM_ALL, SHOWN = 128, 48
_OF_THE_BEST = 0.5  # how much being like the best of a search counts
_DIRECT = 1 / 3  # of a place in the order: who has less owes it to another


class Groups(NamedTuple):
    """For each of a pool itself and those most like it: their indexes, and how much each counts.

    Index 0 is the one asked about, who may be among the most similar too.
    """

    members: Places
    weights: Floats


def order(scores: Floats, pairs: Floats) -> tuple[Floats, Groups]:
    """Give what to order a pool by, and the groups that it comes from.

    `scores` are those of the pool with the one asked about, `pairs` those among the pool (1 of
    each with itself). Likeness counts by its square.
    """
    size = len(scores) + 1
    all_pairs = np.ones((size, size))
    all_pairs[1:, 1:] = pairs
    all_pairs[0, 1:] = all_pairs[1:, 0] = scores
    groups = _groups(all_pairs)
    found = _summed(all_pairs[0], groups) / _lengths(all_pairs, groups)
    return found[1:], Groups(groups.members[1:], groups.weights[1:])


def _summed(scores: Floats, groups: Groups) -> Floats:
    sums: Floats = (groups.weights * scores[groups.members]).sum(axis=1)
    return sums


def _lengths(pairs: Floats, groups: Groups) -> Floats:
    """Give how much each group is like itself: what its sum is to be seen against."""
    members, weights = groups
    inside = pairs[members[:, :, np.newaxis], members[:, np.newaxis, :]]
    within: Floats = np.einsum("di,dij,dj->d", weights, inside, weights)
    return np.sqrt(within)


def _groups(pairs: Floats) -> Groups:
    size = len(pairs)
    rows = np.arange(size)[:, np.newaxis]
    if size == 1:
        return Groups(rows, np.ones((1, 1)))
    members, weights = [rows], [np.ones((size, 1))]
    likeness = pairs.copy()
    np.fill_diagonal(likeness, -1.0)
    for _ in range(min(NEIGHBOURS, size - 1)):
        near = likeness.argmax(axis=1)[:, np.newaxis]
        members.append(near)
        weights.append(likeness[rows, near] ** 2)
        likeness[rows, near] = -1.0
    return Groups(np.hstack(members), np.hstack(weights))


def with_the_best(ranked: Sequence[Ranked], others: Heard, snapshot: Snapshot) -> list[Ranked]:
    """Order what a search found by how like it is to the best of it, too.

    A few words say little of what is meant; those who have them say it in others.
    """
    if len(ranked) <= 1:
        return list(ranked)
    scores = np.array([place.score for place in ranked])
    pairs = among([place.source for place in ranked], others, snapshot)
    asked = scores[:NEIGHBOURS] ** 2
    order = np.round(scores + _OF_THE_BEST * asked @ pairs[:NEIGHBOURS], DIGITS)
    ids = [snapshot.entry(place.slot).document.id for place in ranked]
    return [ranked[i] for i in sorted(range(len(ranked)), key=lambda i: (-order[i], ids[i]))]


class Pool:
    """The candidates for one community, and what orders them."""

    def __init__(
        self,
        everyone: Floats,
        ranked: Sequence[Ranked],
        exactly: Exactly,
        others: Heard,
        snapshot: Snapshot,
    ) -> None:
        """Take the best of `everyone` by rough scores, and those `ranked`, who may be shown."""
        chosen = {*best(everyone, FROM_ALL), *(place.source for place in ranked)}
        # By id, so that the same communities make the same pool, whichever came first.
        self._slots = sorted(chosen, key=lambda slot: snapshot.entry(slot).document.id)
        self._places = {slot: place for place, slot in enumerate(self._slots)}
        if not self._slots:
            return
        scores = np.round(exactly(self._slots), DIGITS)
        pairs = np.round(among(self._slots, others, snapshot), DIGITS)
        found, self._groups = order(scores, pairs)
        self._order: list[float] = np.round(found, DIGITS).tolist()
        self._scores = [1.0, *scores.tolist()]

    def ordered(self, ranked: Sequence[Ranked], snapshot: Snapshot) -> list[Ranked]:
        """Give those ranked in the order of the pool; equal ones by id."""
        return sorted(
            ranked,
            key=lambda place: (
                -self._order[self._places[place.source]],
                snapshot.entry(place.slot).document.id,
            ),
        )

    def through(self, source: int) -> int | None:
        """Give the slot of another of the pool to whom one owes its place, None where it stands
        there by its own likeness."""
        place = self._places[source]
        members: list[int] = self._groups.members[place].tolist()
        weights: list[float] = self._groups.weights[place].tolist()
        parts = {m: w * self._scores[m] for m, w in zip(members, weights, strict=True)}
        own = {0, place + 1}
        others = {member: part for member, part in parts.items() if member not in own}
        direct = sum(part for member, part in parts.items() if member in own)
        if direct >= _DIRECT * sum(parts.values()) or not any(others.values()):
            return None
        return self._slots[max(others, key=others.__getitem__) - 1]
