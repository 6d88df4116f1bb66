"""The best matches of every community: all pairs scored as `related` scores them, in blocks."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from services.discovery.index.arrays import Ints, Places, Weights
from services.discovery.index.levels import BY_WORDS, Levels, Scales
from services.discovery.index.relating import LEAST_MEANING
from services.discovery.index.voice import RELATED
from services.discovery.map.cells import cells
from services.discovery.map.material import Material, blocks
from services.discovery.meaning.voice import WEIGHT

KEPT = 64  # of each community's matches, best first
ALL_PAIRS = 20_000  # up to so many communities each is compared with every other
_FREQUENT = 256  # terms that stand in a matrix of their own; the others are looked up
_BLOCK = 256
_DIGITS = 4


class Matches(NamedTuple):
    """The best of each community, by row: `others` are numbers, -1 where there is none."""

    others: Ints
    scores: Weights


class Compared(NamedTuple):
    """Some communities, and those that each of them is compared with."""

    asked: Places
    among: Places


def levels_of(material: Material, with_meaning: Scales) -> Levels:
    """Give what the scores mean: with meaning where any vector is there, else by words alone."""
    return (with_meaning if material.has_vector.any() else BY_WORDS).pairs


def best_matches(material: Material, kept: int = KEPT, all_pairs: int = ALL_PAIRS) -> Matches:
    """Find the `kept` best matches of each community, with a score above 0 and best first.

    The score is that of `related`: cosine of the words and, half as heavy, of the meaning. With
    more than `all_pairs` communities each is compared with those of the nearest cells alone, so
    that time grows with their number, not with its square; see docs/decisions/map.md.
    """
    size = len(material)
    others = np.full((size, kept), -1, np.int32)
    scores = np.zeros((size, kept), np.float32)
    frequent = _frequent(material)
    dense = _dense(material, frequent)
    for asked, among in _compared(material, dense, all_pairs):
        scoring = _Scoring(material, dense, frequent, among)
        for block in blocks(len(asked), _BLOCK):
            rows = asked[block]
            found, said = _best(scoring.of(rows), rows, among, kept)
            others[rows, : found.shape[1]] = found
            scores[rows, : found.shape[1]] = said
    return Matches(others, scores)


def _compared(material: Material, dense: Weights, all_pairs: int) -> Iterator[Compared]:
    everyone = np.arange(len(material))
    if len(material) <= all_pairs:
        yield Compared(everyone, everyone)
        return
    features = np.concatenate([dense, material.vectors * np.float32(np.sqrt(WEIGHT))], axis=1)
    for asked, among in cells(features, all_pairs):
        yield Compared(asked, among)


def _frequent(material: Material) -> Ints:
    """The column of each frequent term in the dense matrix; -1 for the others."""
    columns = np.full(len(material.used), -1, np.int32)
    most = np.argsort(-material.used, kind="stable")[:_FREQUENT]
    columns[most] = np.arange(len(most), dtype=np.int32)
    return columns


def _dense(material: Material, columns: Ints) -> Weights:
    dense = np.zeros((len(material), min(_FREQUENT, len(columns))), np.float32)
    rows = np.repeat(np.arange(len(material)), np.diff(material.starts))
    here = columns[material.terms] >= 0
    dense[rows[here], columns[material.terms[here]]] = material.values[here]
    return dense


class _Scoring:
    """Scores of any communities with a fixed set of others: a matrix product for the frequent
    words and one for the meaning, and look-ups for the words that few use."""

    def __init__(self, material: Material, dense: Weights, frequent: Ints, among: Places) -> None:
        self._material, self._frequent, self._dense = material, frequent, dense
        whole = len(among) == len(material)
        self._columns = dense if whole else dense[among]
        self._meant = bool(material.has_vector.any())
        vectors = material.vectors
        self._vectors = vectors if whole or not self._meant else vectors[among]
        self._silent = ~material.has_vector[among]
        terms, values, slots = self._rare(among)
        order = np.argsort(terms, kind="stable")
        self._values, self._slots = values[order], slots[order].astype(np.int32)
        self._begins = np.zeros(len(material.used) + 1, np.int64)
        np.cumsum(np.bincount(terms, minlength=len(material.used)), out=self._begins[1:])

    def of(self, asked: Places) -> Weights:
        """The scores, a row for each asked and a column for each of the others."""
        words: Weights = self._dense[asked] @ self._columns.T
        words += self._looked_up(asked)
        np.clip(words, 0.0, 1.0, out=words)
        if not self._meant:
            return words
        meaning: Weights = self._material.vectors[asked] @ self._vectors.T
        np.clip(meaning, 0.0, 1.0, out=meaning)
        unlike = (words <= 0.0) & (meaning < LEAST_MEANING)
        base, slope = np.float32(RELATED.base), np.float32(RELATED.slope)
        usual = np.minimum(base + slope * words, np.float32(1.0))
        silent = self._silent[np.newaxis, :] | ~self._material.has_vector[asked][:, np.newaxis]
        np.copyto(meaning, usual, where=silent & (words > 0.0))
        words += np.float32(WEIGHT) * meaning
        words /= np.float32(1.0 + WEIGHT)
        words[unlike] = 0.0
        return words

    def _rare(self, rows: Places) -> tuple[Ints, Weights, Places]:
        """The rare terms of some rows, with their values and which of the rows each is of."""
        starts, material = self._material.starts, self._material
        lengths = starts[rows + 1] - starts[rows]
        places = _ranges(starts[rows], lengths)
        slots = np.repeat(np.arange(len(rows)), lengths)
        rare = self._frequent[material.terms[places]] < 0
        return material.terms[places[rare]], material.values[places[rare]], slots[rare]

    def _looked_up(self, asked: Places) -> Weights:
        terms, values, rows = self._rare(asked)
        begins = self._begins[terms]
        lengths = self._begins[terms + 1] - begins
        places = _ranges(begins, lengths)
        width = len(self._silent)
        flat = np.repeat(rows * width, lengths) + self._slots[places]
        products = self._values[places] * np.repeat(values, lengths)
        sums = np.bincount(flat, products, minlength=len(asked) * width)
        return np.asarray(sums, np.float32).reshape(len(asked), width)


def _ranges(begins: Places, lengths: Places) -> Places:
    """The numbers from each beginning on, as many as its length, one range behind the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    ranges: Places = np.arange(total) + np.repeat(begins - (ends - lengths), lengths)
    return ranges


def _best(scores: Weights, asked: Places, among: Places, kept: int) -> tuple[Ints, Weights]:
    """The best of each row, without itself: rounded, so that equal ones come by their number."""
    scores[among[np.newaxis, :] == asked[:, np.newaxis]] = 0.0
    kept = min(kept, scores.shape[1])
    if not kept:
        return np.zeros((len(asked), 0), np.int32), np.zeros((len(asked), 0), np.float32)
    cut = scores.shape[1] - kept
    places: Places = np.argpartition(scores, cut, axis=1)[:, cut:] if cut else _all(scores)
    rough = np.take_along_axis(scores, places, 1).astype(np.float64)
    said, others = np.round(rough, _DIGITS), among[places]
    order = np.lexsort((others, -said), axis=1)
    others, said = np.take_along_axis(others, order, 1), np.take_along_axis(said, order, 1)
    return np.where(said > 0.0, others, -1).astype(np.int32), said.astype(np.float32)


def _all(scores: Weights) -> Places:
    return np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
