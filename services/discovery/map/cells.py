"""Cells of communities that are near one another: so that very many need not all be compared."""

from collections.abc import Iterator

import numpy as np

from services.discovery.index.arrays import Places, Weights
from services.discovery.map.material import blocks

_PARTS = 10  # of those that each may be compared with make a cell
_NEAR = 8  # cells that each is compared with, its own among them
_ROUNDS = 8
_SEED = 1
_BLOCK = 4_096


def cells(features: Weights, most: int) -> Iterator[tuple[Places, Places]]:
    """Give the members of each cell, and the members of the cells nearest to it.

    Cells are those of k-means over the features (one row a community), begun at rows drawn with
    a fixed seed: the same communities give the same cells. `most` bounds how many are compared
    with, whatever the cells look like.
    """
    count = max(1, len(features) * _PARTS // most)
    centres = features[np.random.default_rng(_SEED).permutation(len(features))[:count]].copy()
    for _ in range(_ROUNDS):
        nearest = _nearest(features, centres)
        for cell in range(count):
            members = features[nearest == cell]
            if len(members):
                centres[cell] = members.mean(axis=0)
    nearest = _nearest(features, centres)
    members_of = [np.flatnonzero(nearest == cell) for cell in range(count)]
    for cell, members in enumerate(members_of):
        if not len(members):
            continue
        away = np.square(centres - centres[cell]).sum(axis=1)
        near = np.argsort(away, kind="stable")[:_NEAR].tolist()
        among = np.concatenate([members_of[other] for other in near])[:most]
        yield members, np.sort(among)


def _nearest(features: Weights, centres: Weights) -> Places:
    lengths = np.square(centres).sum(axis=1)
    nearest = np.empty(len(features), np.int64)
    for block in blocks(len(features), _BLOCK):
        nearest[block] = np.argmin(lengths - 2 * (features[block] @ centres.T), axis=1)
    return nearest
