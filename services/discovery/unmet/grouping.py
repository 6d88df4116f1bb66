"""Like searches together: likeness of meaning, not of spelling."""

from collections.abc import Sequence

import numpy as np

from services.discovery.index.arrays import Weights

# The cosine from which two searches ask for the same. Of pairs of short phrases that mean one
# thing it takes in two of three, of pairs that do not none: docs/decisions/unmet-needs.md.
LIKE = 0.55


def stars(vectors: Sequence[Weights], least: int) -> list[list[int]]:
    """Groups of at least so many: each a most typical one, first, and all that are like it.

    The largest group first; who is in one is in no other (Aslam, Pelekhov and Rus 2004).
    """
    if len(vectors) < least:
        return []
    matrix = np.stack(list(vectors))
    cosines = matrix @ matrix.T
    like = cosines >= LIKE
    np.fill_diagonal(like, val=True)
    found: list[list[int]] = []
    while True:
        sizes = like.sum(axis=1)
        centre = _most_typical(sizes, np.where(like, cosines, 0.0).sum(axis=1))
        if sizes[centre] < least:
            return found
        members = np.flatnonzero(like[centre])
        found.append([centre, *(m for m in members.tolist() if m != centre)])
        like[members, :] = False
        like[:, members] = False


def _most_typical(sizes: "np.ndarray[tuple[int], np.dtype[np.int64]]", nearness: Weights) -> int:
    largest = np.flatnonzero(sizes == sizes.max())
    return int(largest[np.argmax(nearness[largest])])
