"""Who stands in for a closed community: its successors or, where these have closed, theirs."""

from collections.abc import Callable, Iterable

import numpy as np

from services.discovery.index.arrays import Flags, Floats, Places
from services.discovery.index.document import Document

Find = Callable[[str], tuple[int, Document] | None]


class StandIns:
    """Pairs of a closed community's slot and the slot of an open one that took its place."""

    def __init__(
        self, pairs: Iterable[tuple[int, int]] = (), ids: frozenset[str] = frozenset()
    ) -> None:
        ordered = sorted(pairs)
        self.ids = ids
        """All that the pairs depend on: ids of the closed, and of all who follow them."""
        self._closed: Places = np.array([closed for closed, _ in ordered], np.int64)
        self._open: Places = np.array([heir for _, heir in ordered], np.int64)
        self._closed_by_open: dict[int, list[int]] = {}
        for closed, heir in ordered:
            self._closed_by_open.setdefault(heir, []).append(closed)

    def predecessors(self, slot: int) -> list[int]:
        """Give the slots of the closed communities in whose place this one stands."""
        return self._closed_by_open.get(slot, [])

    def pass_on(self, scores: Floats) -> None:
        """Raise, in place, each successor's score to that of the closed one, if that is more."""
        np.maximum.at(scores, self._open, scores[self._closed])

    def pass_on_flags(self, flags: Flags) -> None:
        """Flag, in place, the successors of the closed communities that are flagged."""
        np.logical_or.at(flags, self._open, flags[self._closed])


def stand_ins(closed: Iterable[tuple[int, Document]], find: Find) -> StandIns:
    """Follow the successors of closed communities, round no circle, to open ones.

    `closed` gives each closed community with its slot, `find` slot and document of any id.
    """
    pairs: list[tuple[int, int]] = []
    ids: set[str] = set()
    for slot, document in closed:
        heirs, seen = _heirs(document, find)
        pairs.extend((slot, heir) for heir in heirs)
        ids |= seen
    return StandIns(pairs, frozenset(ids))


def _heirs(document: Document, find: Find) -> tuple[set[int], set[str]]:
    """Give the slots of the open heirs, and the ids that were looked for."""
    heirs: set[int] = set()
    seen = {document.id}
    ahead = list(document.successors)
    while ahead:
        successor = ahead.pop()
        if successor in seen:
            continue
        seen.add(successor)
        found = find(successor)
        if found is None:
            continue
        slot, heir = found
        if heir.closed:
            ahead.extend(heir.successors)
        else:
            heirs.add(slot)
    return heirs, seen
