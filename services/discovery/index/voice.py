"""The seam for further voices: other judges of likeness, added to the words in a weighted mean."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from services.discovery.index.arrays import Floats
from services.discovery.index.document import Document


class Voice(Protocol):
    """Judges how like each community is to the one asked about, from 0 to 1."""

    @property
    def weight(self) -> float:
        """How much this voice counts, where the words count 1."""

    def place(self, slot: int, document: Document | None) -> None:
        """Hear that `document` now stands in `slot`, or that the slot is empty (None).

        Called by the one writer before its change is visible to queries.
        """

    def likeness(self, asked: Document, size: int) -> Floats:
        """Give `size` scores, one for each slot; NaN where this voice has no opinion (yet)."""


def heard(voices: Sequence[Voice], asked: Document, size: int) -> list[tuple[float, Floats]]:
    """Ask every voice about `asked`: its weight and its scores by slot."""
    return [(voice.weight, voice.likeness(asked, size)) for voice in voices]


def blend(words: Floats, others: Sequence[tuple[float, Floats]]) -> Floats:
    """Give the weighted mean of the words (weight 1) and of the others, where they speak.

    Where another voice is silent (NaN) the words stand alone, so that a community without
    a vector is still ranked on the same scale from 0 to 1.
    """
    if not others:
        return words
    total, weights = words.copy(), np.ones_like(words)
    for weight, scores in others:
        speaks = ~np.isnan(scores)
        total[speaks] += weight * scores[speaks]
        weights[speaks] += weight
    return total / weights
