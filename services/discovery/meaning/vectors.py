"""Vectors in memory, by the hash of their text: rows that are appended and never changed."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from services.discovery.index.arrays import Weights
from services.discovery.meaning.store import Stored

_GROWTH = 1.25


class Rows(NamedTuple):
    """The vectors of one moment, one a row; what is behind `used` is nobody's yet."""

    matrix: Weights
    used: int

    def cosines(self, vector: Weights) -> Weights:
        """Give the cosine of each row with a vector of length 1, 0 where it is less."""
        cosines: Weights = self.matrix[: self.used] @ vector
        return np.clip(cosines, 0.0, 1.0, out=cosines)


class Vectors:
    """One thread writes; readers take `rows` and go on with it."""

    def __init__(self, dimensions: int) -> None:
        """Make room for vectors of so many dimensions."""
        self.rows = Rows(np.zeros((0, dimensions), np.float32), 0)
        self._places: dict[str, int] = {}

    def __contains__(self, text_hash: str) -> bool:
        return text_hash in self._places

    def place(self, text_hash: str) -> int | None:
        """Give the row of a text's vector; None where there is none yet."""
        return self._places.get(text_hash)

    def add(self, vectors: Iterable[Stored]) -> list[str]:
        """Take in vectors; gives the hashes of those that were not there before.

        One of other dimensions is left out: another model of the same name would be at fault.
        """
        matrix, used = self.rows
        new = [v for v in vectors if v.text_hash not in self._places]
        new = [v for v in new if len(v.vector) == matrix.shape[1]]
        if used + len(new) > len(matrix):
            room = max(used + len(new), int(used * _GROWTH))
            wider = np.zeros((room, matrix.shape[1]), np.float32)
            wider[:used] = matrix[:used]
            matrix = wider
        for row, stored in enumerate(new, start=used):
            matrix[row] = stored.vector
        self.rows = Rows(matrix, used + len(new))
        for row, stored in enumerate(new, start=used):
            self._places[stored.text_hash] = row
        return [stored.text_hash for stored in new]
