"""Likeness of meaning as a voice in the ranking: the cosine of sentence vectors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from services.discovery.index import Document
from services.discovery.index.arrays import Floats, Ints, Places, Weights
from services.discovery.meaning.encoder import Encoder
from services.discovery.meaning.text import key_of, text_of
from services.discovery.meaning.vectors import Rows, Vectors

# Measured: docs/decisions/ranking-words-and-meaning.md.
WEIGHT = 0.5
# A text that is asked about is cut sooner than one that is stored: somebody waits.
_ASKED_TOKENS = 64
_ASKED_CHARACTERS = 1_024  # a token has sixteen at most, nearly always: more is not even split up
_REMEMBERED = 512
_NONE = -1
_EXACT = 1024  # of those that seem most alike


def _most(scores: Floats, count: int) -> Places:
    """Give the places of the highest scores, in no order."""
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(scores, len(scores) - count)[len(scores) - count :]


class Asked:
    """Vectors of texts that are asked about and not stored; the last ones are remembered."""

    def __init__(self, encoder: Encoder) -> None:
        """Use one encoder; it may be used by others at the same time."""
        self.name, self.id, self.dimensions = encoder.name, encoder.id, encoder.dimensions
        self.whole = encoder.encode
        """Gives the vector of a text as of one that is stored: not cut sooner, nor remembered."""
        self._encode = lru_cache(_REMEMBERED)(lambda text: encoder.encode(text, _ASKED_TOKENS))

    def vector(self, text: str) -> Weights:
        """Give the vector of a text, made now if it has to be: some milliseconds."""
        return self._encode(text[:_ASKED_CHARACTERS])


@dataclass(frozen=True, slots=True)
class MeaningHeard:
    """The voice of one moment: the vectors, and which row is of which slot (-1: none yet)."""

    rows: Rows
    row_of: Ints
    vectors: Vectors
    asked: Asked

    def likeness(self, asked: Document, size: int) -> Floats:
        """Give the cosine with each slot, 0 to 1; NaN where there is no vector yet.

        It is exact for those most alike, and about right for the others.
        """
        scores = np.full(size, np.nan)
        if (vector := self._vector(asked)) is None:
            return scores
        row_of = self.row_of[:size]
        here = np.flatnonzero(row_of >= 0)
        scores[here] = self.rows.roughly(vector)[row_of[here]]
        likely = here[_most(scores[here], _EXACT)]
        scores[likely] = self.rows.exactly(vector, row_of[likely])
        return scores

    def exactly(self, asked: Document, slots: Sequence[int]) -> Floats:
        """Give the exact cosine with some slots; NaN where there is no vector yet."""
        scores = np.full(len(slots), np.nan)
        if (vector := self._vector(asked)) is None:
            return scores
        rows = self.row_of[list(slots)]
        here = rows >= 0
        scores[here] = self.rows.exactly(vector, rows[here])
        return scores

    def among(self, slots: Sequence[int]) -> Floats:
        """Give the cosine of each of some slots with each other; NaN where there is no vector."""
        rows = self.row_of[list(slots)]
        here = np.flatnonzero(rows >= 0)
        scores = np.full((len(rows), len(rows)), np.nan)
        if len(here):
            scores[np.ix_(here, here)] = self.rows.among(rows[here])
        return scores

    def _vector(self, asked: Document) -> Weights | None:
        """The stored vector of a text; else, for what is not registered, one made now."""
        if not (text := text_of(asked)):
            return None
        row = self.vectors.place(key_of(text))
        if row is not None and row < self.rows.used:
            vector: Weights = self.rows.matrix[row].astype(np.float32)
            return vector
        return None if asked.id else self.asked.vector(text)


class MeaningVoice:
    """Knows whose text each slot holds; one for each index, over the same vectors."""

    weight = WEIGHT

    def __init__(self, vectors: Vectors, asked: Asked) -> None:
        """Begin with empty slots."""
        self._vectors, self.asked = vectors, asked
        self._hashes: list[str] = []  # by slot; empty for an empty one
        self._waiting: dict[str, set[int]] = {}  # slots by the hash of a text without vector
        self._row_of = np.zeros(0, np.int32)
        self._changes: dict[int, int] = {}  # rows by slot, not published yet
        self._heard = MeaningHeard(vectors.rows, self._row_of, vectors, asked)

    @property
    def missing(self) -> int:
        """How many communities have no vector yet."""
        return sum(map(len, self._waiting.values()))

    def vector(self, document: Document) -> Weights | None:
        """Give the stored vector of a community's text; None where there is none yet."""
        rows, row = self._vectors.rows, self._vectors.place(key_of(text_of(document)))
        return rows.matrix[row].astype(np.float32) if row is not None and row < rows.used else None

    def place(self, slot: int, document: Document | None) -> None:
        """Hear who stands in a slot from the next `publish` on."""
        if slot >= len(self._hashes):
            self._hashes.extend([""] * (slot + 1 - len(self._hashes)))
        before, self._hashes[slot] = self._hashes[slot], ""
        if before in self._waiting:
            self._waiting[before].discard(slot)
            if not self._waiting[before]:
                del self._waiting[before]
        text = text_of(document) if document else ""
        row = None
        if text:
            self._hashes[slot] = name = key_of(text)
            row = self._vectors.place(name)
            if row is None:
                self._waiting.setdefault(name, set()).add(slot)
        self._changes[slot] = _NONE if row is None else row

    def learn(self, hashes: Iterable[str]) -> None:
        """Take up that these texts have vectors now, from the next `publish` on."""
        for name in hashes:
            for slot in self._waiting.pop(name, ()):
                self._changes[slot] = self._vectors.place(name) or 0

    def publish(self) -> None:
        """Let hearings see what was placed and learnt."""
        if not self._changes:
            return
        row_of = np.full(max(len(self._row_of), len(self._hashes)), _NONE, np.int32)
        row_of[: len(self._row_of)] = self._row_of
        slots = np.fromiter(self._changes, np.int64, len(self._changes))
        row_of[slots] = np.fromiter(self._changes.values(), np.int32, len(self._changes))
        self._row_of, self._changes = row_of, {}
        self._heard = MeaningHeard(self._vectors.rows, row_of, self._vectors, self.asked)

    def hear(self) -> MeaningHeard:
        """Give the voice of this moment."""
        return self._heard
