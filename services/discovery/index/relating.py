"""How like each community is to one: its words, and what other voices say of it."""

from collections.abc import Sequence

import numpy as np

from services.discovery.index.arrays import Floats
from services.discovery.index.question import Question
from services.discovery.index.reasons import Alike
from services.discovery.index.snapshot import Snapshot
from services.discovery.index.voice import RELATED, Heard, blend
from services.discovery.index.words import cosines

# Who shares no word at all is related only where at least so like in meaning.
LEAST_MEANING = 0.4


class Relating:
    """One question about a community, and what other voices say. `others` are scores by slot."""

    def __init__(self, question: Question, others: Heard) -> None:
        """Ask the question; the others have spoken already."""
        self._question, self._others = question, others
        self._lifts: Floats | None = None
        self._exact: dict[int, float] = {}

    def lift(self, lifts: Floats) -> None:
        """Take up what links add by slot, as a part of what each score lacks to 1."""
        self._lifts = lifts
        self._exact = {}

    def rough(self) -> Floats:
        """Give the rough score of each slot, without what links add."""
        return _joined(self._question.cosines(), [(s.weight, s.scores) for s in self._others])

    def exactly(self, slots: Sequence[int]) -> Floats:
        """Give the exact scores of some slots; each is worked out once."""
        if new := [slot for slot in slots if slot not in self._exact]:
            self._exact |= zip(new, self._worked_out(new).tolist(), strict=True)
        return np.array([self._exact[slot] for slot in slots])

    def _worked_out(self, slots: Sequence[int]) -> Floats:
        words, _ = self._question.exactly(slots)
        scores = _joined(words, [said.exactly(slots) for said in self._others])
        return scores if self._lifts is None else lifted(scores, self._lifts[list(slots)])

    def alike(self, slot: int, score: float) -> Alike | None:
        """Give what the other voices say of a slot with this exact score; None where silent."""
        told = [(s.weight, said) for s in self._others if (said := s.of(slot)) is not None]
        if not told:
            return None
        whole = score * (1.0 + sum(said.weight for said in self._others))
        part = sum(weight * said for weight, said in told) / whole if whole else 0.0
        return Alike(max(said for _, said in told), part)


def among(slots: Sequence[int], others: Heard, snapshot: Snapshot) -> Floats:
    """Give the scores of some slots with one another, 1 of each with itself."""
    words = cosines(snapshot.rows(slots), snapshot.counts.used, snapshot.communities)
    pairs = _joined(words, [(s.weight, s.hearing.among(slots)) for s in others])
    np.fill_diagonal(pairs, 1.0)
    return pairs


def lifted(scores: Floats, lifts: Floats) -> Floats:
    """Give the scores with what links add; one of 0 is raised too, one of 1 stays."""
    return scores + lifts * (1.0 - scores)


def _joined(words: Floats, others: Sequence[tuple[float, Floats]]) -> Floats:
    alike = words > 0.0
    for _, scores in others:
        alike = alike | (np.nan_to_num(scores) >= LEAST_MEANING)
    return np.where(alike, blend(words, others, RELATED), 0.0)
