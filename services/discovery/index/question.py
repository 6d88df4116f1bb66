"""A question to the words: how like each community is to a bag of words, roughly and exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.discovery.index.arrays import Floats
from services.discovery.index.bag import Bag
from services.discovery.index.phrases import Wording
from services.discovery.index.snapshot import Snapshot
from services.discovery.index.vague import is_widespread, say_something
from services.discovery.index.words import Posting, Words, flat, idf, row_sums

# How many occurrences of words a query looks up at most. Beyond, its lightest words wait for the
# exact scoring. Ten words among 100,000 communities, or fifty among 20,000, never get there.
_LOOKED_UP = 1_000_000

_ROUGH = np.float32


@dataclass(frozen=True, slots=True)
class Term:
    """A stem of the question. `value` is its weight × idf over the question's length."""

    stem: str
    number: int
    posting: Posting
    value: float
    idf: float


class Question:
    """A bag of words asked of one snapshot; made under the index's lock, answered outside it.

    Words that nobody uses count in the coverage of one that is `together` alone: what an acronym
    stands for is not there where only its commonest word is.
    """

    def __init__(
        self, bag: Bag, words: Words, snapshot: Snapshot, *, together: bool = False
    ) -> None:
        self._snapshot, self.together = snapshot, together
        self.asked = frozenset(bag.weights)
        """Every stem of the question, in use or not."""
        found = words.find(bag.weights)
        used = np.array([entry[1].used if entry else 0 for entry in found], np.int64)
        rarity = idf(used, snapshot.communities)
        values = rarity * np.fromiter(bag.weights.values(), np.float64)
        length = float(np.sqrt(np.sum(values * values))) or 1.0
        terms = [
            Term(stem, *entry, value / length, rare)
            for stem, entry, value, rare in zip(
                bag.weights, found, values.tolist(), rarity.tolist(), strict=True
            )
            if entry and entry[1].used
        ]
        self._terms = sorted(terms, key=lambda term: (-term.value * term.idf, term.stem))
        self._numbers = {term.stem: term.number for term in terms}
        known = sum(term.idf for term in self._terms)
        self._whole = float(rarity.sum()) if together else known

    @property
    def stems(self) -> frozenset[str]:
        """The stems of the question that some community uses."""
        return frozenset(self._numbers)

    def cosines(self) -> Floats:
        """Give the rough cosine with each slot: norms may lag, the lightest words be left out."""
        scores = np.zeros(self._snapshot.size, _ROUGH)
        for term in self._heaviest():
            slots, weights, count = term.posting
            factor = _ROUGH(term.value * term.idf)
            np.add.at(scores, slots[:count], weights[:count] * factor)
        return np.minimum(scores * self._snapshot.inverse_norms, 1.0)

    def coverages(self) -> Floats:
        """Give for each slot the share, 0 to 1 by idf, of the question's words that it has."""
        scores = np.zeros(self._snapshot.size, _ROUGH)
        for term in self._heaviest():
            slots = term.posting.slots[: term.posting.used]
            np.add.at(scores, slots, _ROUGH(term.idf / self._whole))
        return scores.astype(np.float64)

    def exactly(self, slots: Sequence[int]) -> tuple[Floats, Floats]:
        """Give the cosines and the coverages of some slots, from all words and today's idf."""
        numbers, weights, starts = flat(self._snapshot.rows(slots))
        used = self._snapshot.counts.used
        values = weights * idf(used[numbers], self._snapshot.communities)
        asked, shares = np.zeros(len(used)), np.zeros(len(used))
        for term in self._terms:
            asked[term.number], shares[term.number] = term.value, term.idf
        lengths = np.sqrt(row_sums(values * values, starts))
        products = row_sums(values * asked[numbers], starts)
        cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
        coverages = row_sums(shares[numbers], starts) / (self._whole or 1.0)
        return np.clip(cosines, 0.0, 1.0), np.clip(coverages, 0.0, 1.0)

    def shares(self, slot: int) -> Mapping[str, float]:
        """Give the part, summing to 1, that each shared stem has in the cosine with a slot."""
        row = self._snapshot.entry(slot).row
        weights = dict(zip(row.terms.tolist(), row.weights.tolist(), strict=True))
        parts = {
            term.stem: term.value * term.idf * weights[term.number]
            for term in self._terms
            if term.number in weights
        }
        total = sum(parts.values())
        return {stem: part / total for stem, part in parts.items()}

    def has_subject(self, slot: int) -> bool:
        """Whether a slot has a word of the question that names a subject, or all of its words."""
        terms = set(self._snapshot.entry(slot).row.terms.tolist())
        here = {term.stem for term in self._terms if term.number in terms}
        if not here:
            return False
        return here >= self.asked or any(say_something([s], self.is_common) for s in here)

    def plain(self, stem: str) -> bool:
        """Whether most who use the word write it, somewhere, in lower case."""
        counts = self._snapshot.counts
        number = self._numbers.get(stem)
        return number is not None and bool(2 * counts.plain[number] >= counts.used[number])

    def is_common(self, stem: str) -> bool:
        """Whether so many communities use the word that it names no subject."""
        number, communities = self._numbers.get(stem), self._snapshot.communities
        return number is not None and is_widespread(
            int(self._snapshot.counts.used[number]), communities
        )

    @property
    def wording(self) -> Wording:
        """How the communities of this moment write the words of the question."""
        return Wording(self.plain, self.is_common)

    def _heaviest(self) -> list[Term]:
        """Give the heaviest terms whose postings together are within what is looked up."""
        lengths = np.cumsum([term.posting.used for term in self._terms])
        return self._terms[: int(np.searchsorted(lengths, _LOOKED_UP, side="right"))]
