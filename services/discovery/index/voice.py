"""The seam for a further voice: another judge of likeness, in a weighted mean with the words."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from services.discovery.index.arrays import Floats
from services.discovery.index.document import Document


class Hearing(Protocol):
    """A voice at one moment: what it says does not change while a query is answered."""

    def likeness(self, asked: Document, size: int) -> Floats:
        """Give `size` scores from 0 to 1, one for each slot; NaN where it has no opinion (yet).

        About right is enough: who is shown is scored by `exactly`.
        """

    def exactly(self, asked: Document, slots: Sequence[int]) -> Floats:
        """Give the scores of some slots."""

    def among(self, slots: Sequence[int]) -> Floats:
        """Give the score of each of some slots with each other; NaN where it has no opinion."""


class Voice(Protocol):
    """Judges how like each community is to the one asked about, from 0 to 1."""

    @property
    def weight(self) -> float:
        """How much this voice counts, where the words count 1."""

    def place(self, slot: int, document: Document | None) -> None:
        """Hear that `document` will stand in `slot`, or that the slot will be empty (None).

        Called by the one writer; hearings see it after `publish`.
        """

    def publish(self) -> None:
        """Let hearings see what was placed; called under the index's lock, together with words."""

    def hear(self) -> Hearing:
        """Give the voice of this moment; called under the index's lock."""


class Usual(NamedTuple):
    """What another voice usually says where words say so much: `base` + `slope` × words.

    A straight line through what was measured; docs/decisions/ranking-words-and-meaning.md.
    """

    base: float
    slope: float

    def of(self, words: Floats) -> Floats:
        """Give the usual score beside each score of the words; 0 where no word is shared."""
        return np.where(words > 0.0, np.minimum(self.base + self.slope * words, 1.0), 0.0)


RELATED = Usual(0.2, 1.2)
SEARCH = Usual(0.1, 0.65)


class Said(NamedTuple):
    """What a voice says of who was asked about: a rough score for each slot, and on asking an
    exact one, which is kept in `told`."""

    weight: float
    scores: Floats
    asked: Document
    hearing: Hearing
    told: dict[int, float]

    def exactly(self, slots: Sequence[int]) -> tuple[float, Floats]:
        """Give the weight of the voice, and the exact scores of some slots."""
        scores = self.hearing.exactly(self.asked, slots)
        self.told.update(zip(slots, scores.tolist(), strict=True))
        return self.weight, scores

    def of(self, slot: int) -> float | None:
        """Give the exact score of one slot, None where the voice is silent."""
        if slot not in self.told:
            self.exactly([slot])
        score = self.told[slot]
        return None if math.isnan(score) else score


Heard = Sequence[Said]


def blend(words: Floats, others: Sequence[tuple[float, Floats]], usual: Usual) -> Floats:
    """Give the weighted mean of the words (weight 1) and of the others.

    Where another voice is silent (NaN), it is taken to say what it usually says beside such
    words: a community without a vector stands on the same scale as one with, no higher and no
    lower for want of it.
    """
    if not others:
        return words
    total, weights = words.copy(), 1.0
    expected = usual.of(words)
    for weight, scores in others:
        total += weight * np.where(np.isnan(scores), expected, scores)
        weights += weight
    return total / weights
