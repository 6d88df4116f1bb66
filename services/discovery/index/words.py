"""The inverted index of words: where each stem occurs, kept as arrays that only grow or are
replaced, so that a query goes on reading what it was handed while the writer changes the index.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from services.discovery.index.arrays import Flags, Floats, Ints, Places, Weights
from services.discovery.index.bag import Bag

_GROWTH = 1.5


class Row(NamedTuple):
    """The words of one community: its terms, each once, their weights, and which of them it
    somewhere writes in lower case."""

    terms: Ints
    weights: Weights
    plain: Flags


class Placed(NamedTuple):
    """A row and the slot that it stands in."""

    slot: int
    row: Row


class Posting(NamedTuple):
    """The slots in which a term occurs, with its weights; valid up to `used`, which is how many.

    The arrays may be longer: the writer fills what is behind `used`, and nobody else looks.
    """

    slots: Ints
    weights: Weights
    used: int

    def extended(self, slots: Ints, weights: Weights) -> "Posting":
        """Give the posting with more slots, in the same arrays as long as they have room."""
        count = self.used + len(slots)
        kept_slots, kept_weights = self.slots, self.weights
        if count > len(kept_slots):
            room = max(count, int(self.used * _GROWTH))
            kept_slots = np.empty(room, np.int32)
            kept_weights = np.empty(room, np.float32)
            kept_slots[: self.used] = self.slots[: self.used]
            kept_weights[: self.used] = self.weights[: self.used]
        kept_slots[self.used : count] = slots
        kept_weights[self.used : count] = weights
        return Posting(kept_slots, kept_weights, count)

    def without(self, gone: Flags) -> "Posting":
        """Give the posting without the slots flagged in `gone`, in arrays of its own."""
        slots = self.slots[: self.used]
        stays = ~gone[slots]
        kept = slots[stays]
        return Posting(kept, self.weights[: self.used][stays], len(kept))


_EMPTY = Posting(np.empty(0, np.int32), np.empty(0, np.float32), 0)


class Counts(NamedTuple):
    """How many communities use each term, and how many of these write it in lower case."""

    used: Ints
    plain: Ints


class Words:
    """Terms and their postings. One writer; `publish` and `find` run under the index's lock."""

    def __init__(self) -> None:
        self._terms: dict[str, int] = {}
        self._postings: list[Posting] = []
        self.stems: list[str] = []
        """Every stem ever seen, by its number; grows, and is never changed otherwise."""

    def number(self, stem: str) -> int | None:
        """Give the number of a stem, None for one never seen."""
        return self._terms.get(stem)

    def posting(self, number: int) -> Posting:
        """Give the posting of a stem by its number."""
        return self._postings[number]

    def row(self, bag: Bag) -> Row:
        """Turn a bag into a row, giving new stems a term number."""
        for stem in bag.weights:
            if stem not in self._terms:
                self._postings.append(_EMPTY)
                self.stems.append(stem)
                self._terms[stem] = len(self._postings) - 1
        terms = np.array([self._terms[stem] for stem in bag.weights], np.int32)
        weights = np.array(list(bag.weights.values()), np.float32)
        plain = np.array([stem in bag.plain for stem in bag.weights], np.bool_)
        return Row(terms, weights, plain)

    def changed(
        self, gone: Sequence[Placed], come: Sequence[Placed], size: int
    ) -> dict[int, Posting]:
        """Work out the postings that change when `gone` rows leave and `come` rows enter."""
        changed: dict[int, Posting] = {}
        if gone:
            dead = np.zeros(size, np.bool_)
            dead[[placed.slot for placed in gone]] = True
            for term in np.unique(np.concatenate([p.row.terms for p in gone])).tolist():
                changed[term] = self._postings[term].without(dead)
        for term, slots, weights in _by_term(come):
            before = changed.get(term, self._postings[term])
            changed[term] = before.extended(slots, weights)
        return changed

    def counts(self, before: Counts, gone: Sequence[Placed], come: Sequence[Placed]) -> Counts:
        """Give new counts, of the present length of the vocabulary."""
        used, plain = (_grown(counts, len(self._postings)) for counts in before)
        for rows, step in ((gone, -1), (come, 1)):
            if rows:
                terms = np.concatenate([row.terms for _, row in rows])
                np.add.at(used, terms, step)
                np.add.at(plain, terms[np.concatenate([row.plain for _, row in rows])], step)
        return Counts(used, plain)

    def publish(self, changed: dict[int, Posting]) -> None:
        """Make changed postings the ones that queries find."""
        for term, posting in changed.items():
            self._postings[term] = posting

    def find(self, stems: Iterable[str]) -> list[tuple[int, Posting] | None]:
        """Give the term and the posting of each stem; None for one never seen."""
        terms = (self._terms.get(stem) for stem in stems)
        return [None if term is None else (term, self._postings[term]) for term in terms]


def idf(used: Ints | Places, communities: int) -> Floats:
    """Weigh terms by rarity: ln(1 + communities / communities that use it)."""
    return np.log1p(communities / np.maximum(used, 1))


def norms(rows: Sequence[Row], used: Ints, communities: int) -> Floats:
    """Give the length of each row's vector of weight × idf; 0 for a row without terms."""
    terms, weights, starts = flat(rows)
    if not len(terms):
        return np.zeros(len(rows))
    values = weights * idf(used[terms], communities)
    return np.sqrt(row_sums(values * values, starts))


def cosines(rows: Sequence[Row], used: Ints, communities: int) -> Floats:
    """Give the cosine of each row with each other, by today's rarity of their words."""
    terms, weights, starts = flat(rows)
    values = weights * idf(used[terms], communities) if len(terms) else weights
    lengths = np.sqrt(row_sums(values * values, starts))
    owners = np.repeat(np.arange(len(rows)), np.diff(starts))
    times = np.bincount(terms, minlength=len(used))
    several = np.flatnonzero(times > 1)  # a word of one row alone makes it like no other
    columns = np.empty(len(times), np.int64)
    columns[several] = np.arange(len(several))
    here = np.flatnonzero(times[terms] > 1)
    owners, terms = owners[here], terms[here]
    dense = np.zeros((len(rows), len(several)), np.float32)
    dense.ravel()[owners * len(several) + columns[terms]] = values[here] / lengths[owners]
    found = (dense @ dense.T).astype(np.float64)
    np.fill_diagonal(found, 1.0)
    return np.clip(found, 0.0, 1.0)


def flat(rows: Sequence[Row]) -> tuple[Ints, Floats, Places]:
    """Put rows one behind the other: terms, weights, and where each row starts (and the last
    ends)."""
    starts = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row.terms) for row in rows], out=starts[1:])
    if not starts[-1]:
        return np.empty(0, np.int32), np.empty(0), starts
    terms = np.concatenate([row.terms for row in rows])
    weights = np.concatenate([row.weights for row in rows]).astype(np.float64)
    return terms, weights, starts


def row_sums(values: Floats, starts: Places) -> Floats:
    """Sum each row of values laid out as by `flat`; an empty row sums to 0."""
    sums = np.zeros(len(starts) - 1)
    filled = starts[1:] > starts[:-1]
    if filled.any():
        sums[filled] = np.add.reduceat(values, starts[:-1][filled])
    return sums


def _by_term(come: Sequence[Placed]) -> Iterable[tuple[int, Ints, Weights]]:
    """Turn rows by slot into slots and weights by term."""
    lengths = [len(placed.row.terms) for placed in come]
    if not sum(lengths):
        return
    terms = np.concatenate([placed.row.terms for placed in come])
    weights = np.concatenate([placed.row.weights for placed in come])
    slots = np.repeat(np.array([placed.slot for placed in come], np.int32), lengths)
    order = np.argsort(terms, kind="stable")
    terms, slots, weights = terms[order], slots[order], weights[order]
    starts = np.flatnonzero(np.r_[True, terms[1:] != terms[:-1]])
    ends = np.r_[starts[1:], len(terms)]
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield int(terms[start]), slots[start:end], weights[start:end]


def _grown(counts: Ints, length: int) -> Ints:
    grown = np.zeros(length, np.int32)
    grown[: len(counts)] = counts
    return grown
