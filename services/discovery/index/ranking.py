"""From rough scores of all to the exact order of the best."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from services.discovery.index.arrays import Floats
from services.discovery.index.snapshot import Snapshot

# At least this many are scored exactly, so that rough scores never decide who is shown first.
_SCORED_LEAST = 128
_SCORED_PER_SHOWN = 4
# Where very many are alike at the edge, no more than this many times as many are scored.
_SCORED_MOST = 4
_SAME = 1e-6
DIGITS = 6

Exactly = Callable[[Sequence[int]], Floats]


class Ranked(NamedTuple):
    """A community's slot and score, and the slot that the score comes from: its own, or that
    of the closed community whose place it takes."""

    slot: int
    score: float
    source: int


def rank(
    rough: Floats,
    exactly: Exactly,
    snapshot: Snapshot,
    *,
    limit: int,
    asked: int | None = None,
    spare: int = 0,
) -> list[Ranked]:
    """Score the best of the rough scores exactly, and give the best `limit` of these, or `spare`
    where that is more.

    Best first, equal scores by id. `asked` is the slot of the community asked about, which
    passes nothing on to its successor.
    """
    slots = best(rough, max(_SCORED_LEAST, _SCORED_PER_SHOWN * limit))
    sources = [
        (slot, source)
        for slot in slots
        for source in (slot, *snapshot.stand_ins.predecessors(slot))
        if source != asked
    ]
    scores = exactly([source for _, source in sources]).tolist() if sources else []
    found: dict[int, Ranked] = {}
    for (slot, source), exact in zip(sources, scores, strict=True):
        score = round(exact, DIGITS)
        if score > (found[slot].score if slot in found else 0.0):
            found[slot] = Ranked(slot, score, source)
    ranked = sorted(found.values(), key=lambda r: (-r.score, snapshot.entry(r.slot).document.id))
    return ranked[: max(limit, spare, 0)]


def best(rough: Floats, most: int) -> list[int]:
    """Give the slots with the `most` best scores above 0, and those that equal the last."""
    slots = np.flatnonzero(rough > 0.0)
    if len(slots) > most:
        scores = rough[slots]
        last = np.partition(scores, len(scores) - most)[len(scores) - most]
        slots = slots[scores >= last - _SAME]
        slots = slots[np.argsort(-rough[slots], kind="stable")][: most * _SCORED_MOST]
    found: list[int] = slots.tolist()
    return found
