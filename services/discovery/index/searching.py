"""A search: several ways of saying one thing, the best of which counts for each community."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from services.discovery.index.arrays import Flags, Floats
from services.discovery.index.question import Question
from services.discovery.index.reasons import Alike
from services.discovery.index.voice import SEARCH, Heard, blend

# The part of a search's score that is coverage (how many of the words are there at all), where
# the cosine counts 1. Measured: docs/decisions/ranking-by-words.md.
COVERAGE = 0.5
# A match covers at least this part of what the best match covers.
LEAST_OF_BEST = 0.2
# What an acronym stands for is there by two thirds at least, or not at all.
LEAST_TOGETHER = 0.67
# A few words say less about what is meant than a whole community does, and what they mean counts
# for more beside them. Measured: docs/decisions/ranking-words-and-meaning.md.
LOUDER = 4.0
# What is found by meaning alone is at least so like in meaning, and this part of the most like.
LEAST_MEANING = 0.35
LEAST_OF_MOST_LIKE = 0.6
# Behind what matches stands what is near it, by lower floors.
NEAR_MEANING, NEAR_MOST_LIKE, NEAR_BEST = 0.25, 0.4, 0.1
# Where nobody uses any of the words, meaning has nothing to lean on and must be more like; where
# there is no word at all that it can read (stop words, symbols, another script), much more.
# Measured: docs/decisions/ranking-words-and-meaning.md.
_LEAST_OF_UNUSED, _LEAST_OF_NO_WORD = 0.4, 0.6
_LETTER = re.compile("[a-z]")


class Floors(NamedTuple):
    """The least coverage of each way of asking (more than 0 in any case), and the least likeness
    in meaning: who has one of these matches."""

    coverages: tuple[float, ...]
    meaning: float


class Searching:
    """The questions of one search, and what other voices say. `others` are scores by slot."""

    def __init__(self, questions: Sequence[Question], others: Heard) -> None:
        """Ask these questions, each a way to say the same."""
        self._questions = questions
        self._others = [said._replace(weight=LOUDER * said.weight) for said in others]

    def rough(self) -> tuple[Floats, Flags]:
        """Give the rough score of each slot that matches or is near, and flag those that match."""
        scores, matches, ranked = self._words(self._questions[0])
        for question in self._questions[1:]:
            more, also, beside = self._words(question)
            scores, matches, ranked = np.maximum(scores, more), matches | also, ranked | beside
        for said in self._others:
            heard = np.nan_to_num(said.scores)
            matches |= heard >= self._least_of(heard)
            most = float(heard.max(initial=0.0))
            ranked |= heard >= max(NEAR_MEANING, NEAR_MOST_LIKE * most)
        others = [(said.weight, said.scores) for said in self._others]
        # Without a match, or a word that anybody uses, nothing is near it either: noise stays out.
        shown = (ranked | matches) if matches.any() and self.stems else matches
        return np.where(shown, blend(scores, others, SEARCH), 0.0), matches

    def floors(self) -> "Floors":
        """Give what a community must have at least to match, as the others are at this moment."""
        coverages = [(q, float(q.coverages().max(initial=0.0))) for q in self._questions]
        heard = [np.nan_to_num(said.scores) for said in self._others]
        return Floors(
            tuple(least_coverage(best, together=q.together) for q, best in coverages),
            min((self._least_of(scores) for scores in heard), default=np.inf),
        )

    def exactly(self, slots: Sequence[int]) -> Floats:
        """Give the exact scores of some slots."""
        best = self._words_exactly(slots).max(axis=0)
        return blend(best, [said.exactly(slots) for said in self._others], SEARCH)

    def best_for(self, slot: int) -> Question:
        """Give the way of asking that suits a community most."""
        if len(self._questions) == 1:
            return self._questions[0]
        return self._questions[int(self._words_exactly([slot])[:, 0].argmax())]

    def has_subject(self, slot: int) -> bool:
        """Whether a community has a word of the search that names a subject, or all its words."""
        return any(question.has_subject(slot) for question in self._questions)

    def alike(self, slot: int) -> Alike | None:
        """Give what the other voices say of a slot, None where they are silent."""
        told = [said for voice in self._others if (said := voice.of(slot)) is not None]
        return Alike(max(told), 1.0) if told else None

    @property
    def stems(self) -> frozenset[str]:
        """The stems that are looked for, in all ways of asking."""
        return frozenset().union(*(question.stems for question in self._questions))

    @property
    def has_words(self) -> bool:
        """Whether there is a word in it that says something, used by anybody or not."""
        asked = frozenset[str]().union(*(question.asked for question in self._questions))
        return bool(self.stems) or any(map(_LETTER.search, asked))

    def _least_of(self, heard: Floats) -> float:
        most = float(heard.max(initial=0.0))
        return max(self._least_meaning(), LEAST_OF_MOST_LIKE * most)

    def _least_meaning(self) -> float:
        """Give how like in meaning one must be that is found by meaning alone."""
        if self.stems:
            return LEAST_MEANING
        return _LEAST_OF_UNUSED if self.has_words else _LEAST_OF_NO_WORD

    def _words(self, question: Question) -> tuple[Floats, Flags, Flags]:
        """Give scores, flag who matches, and who may stand behind them in the order."""
        coverages = question.coverages()
        best = float(coverages.max(initial=0.0))
        least = least_coverage(best, together=question.together)
        matches = (coverages > 0.0) & (coverages >= least)
        near = (coverages > 0.0) & (coverages >= (least if question.together else NEAR_BEST * best))
        return joined(question.cosines(), coverages), matches, near

    def _words_exactly(self, slots: Sequence[int]) -> Floats:
        return np.stack([joined(*question.exactly(slots)) for question in self._questions])


def least_coverage(best: float, *, together: bool) -> float:
    """Give what a match must cover at least, where the best one covers so much."""
    return max(LEAST_TOGETHER if together else 0.0, LEAST_OF_BEST * best)


def joined(cosines: Floats, coverages: Floats) -> Floats:
    """Join cosine and coverage to one score of a search, from 0 to 1."""
    return (cosines + COVERAGE * coverages) / (1.0 + COVERAGE)
