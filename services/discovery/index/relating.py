"""How like each community is to one: its words, and what other voices say of it."""

from collections.abc import Sequence

import numpy as np

from services.discovery.index.arrays import Floats
from services.discovery.index.question import Question
from services.discovery.index.voice import RELATED, Heard, blend

# Who shares no word at all is related only where at least so like in meaning.
LEAST_MEANING = 0.4


class Relating:
    """One question about a community, and what other voices say. `others` are scores by slot."""

    def __init__(self, question: Question, others: Heard) -> None:
        """Ask the question; the others have spoken already."""
        self._question, self._others = question, others

    def rough(self) -> Floats:
        """Give the rough score of each slot."""
        return self._joined(self._question.cosines(), self._others)

    def exactly(self, slots: Sequence[int]) -> Floats:
        """Give the exact scores of some slots."""
        words, _ = self._question.exactly(slots)
        return self._joined(words, [(w, scores[slots]) for w, scores in self._others])

    def meaning_of(self, slot: int) -> float | None:
        """Give what the other voices say of a slot, None where they are silent."""
        said = [s[slot] for _, s in self._others if not np.isnan(s[slot])]
        return float(max(said)) if said else None

    def explained_by_meaning(self, slot: int) -> float:
        """Give the part, 0 to 1, that other voices have in the score of a slot."""
        words = float(self._question.exactly([slot])[0][0])
        said = sum(w * float(np.nan_to_num(s[slot])) for w, s in self._others)
        return said / (said + words) if said else 0.0

    def _joined(self, words: Floats, others: Heard) -> Floats:
        alike = words > 0.0
        for _, scores in others:
            alike |= np.nan_to_num(scores) >= LEAST_MEANING
        return np.where(alike, blend(words, others, RELATED), 0.0)
