"""Vectors in memory, by the hash of their text: rows that are appended and never changed."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from services.discovery.index.arrays import Floats, Ints, Weights
from services.discovery.meaning.store import Stored

_GROWTH = 1.25
_BITS = 64

Halves = npt.NDArray[np.float16]
Signs = npt.NDArray[np.uint64]


class Rows(NamedTuple):
    """The vectors of one moment, one a row; what is behind `used` is nobody's yet.

    `signs` holds the sign of each number as a bit, 64 to a line: two vectors are about as alike
    as their signs, and these are compared twenty times as fast (Charikar 2002).
    """

    matrix: Halves
    signs: Signs
    used: int

    def roughly(self, vector: Weights) -> Floats:
        """Give about the cosine of each row with a vector of length 1, 0 where it is less."""
        asked = _signs(vector[np.newaxis])
        unlike = np.zeros(self.used, np.uint16)
        for line, bits in zip(self.signs, asked, strict=True):
            unlike += np.bitwise_count(line[: self.used] ^ bits[0])
        angles = np.arange(len(vector) + 1) * (np.pi / len(vector))
        cosines: Floats = np.maximum(np.cos(angles), 0.0)[unlike]
        return cosines

    def exactly(self, vector: Weights, rows: Ints) -> Floats:
        """Give the cosine of some rows with a vector of length 1, 0 where it is less."""
        cosines: Floats = (self.matrix[rows].astype(np.float32) @ vector).astype(np.float64)
        return np.clip(cosines, 0.0, 1.0)


class Vectors:
    """One thread writes; readers take `rows` and go on with it."""

    def __init__(self, dimensions: int) -> None:
        """Make room for vectors of so many dimensions."""
        lines = -(-dimensions // _BITS)
        self.rows = Rows(np.zeros((0, dimensions), np.float16), np.zeros((lines, 0), np.uint64), 0)
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
        matrix, signs, used = self.rows
        new = {v.text_hash: v.vector for v in vectors if v.text_hash not in self._places}
        new = {name: v for name, v in new.items() if len(v) == matrix.shape[1]}
        if not new:
            return []
        count = used + len(new)
        if count > len(matrix):
            matrix, signs = self._wider(max(count, int(used * _GROWTH)))
        coming = np.stack(list(new.values()))
        matrix[used:count] = coming
        signs[:, used:count] = _signs(coming)
        self.rows = Rows(matrix, signs, count)
        self._places.update(zip(new, range(used, count), strict=True))
        return list(new)

    def _wider(self, room: int) -> tuple[Halves, Signs]:
        matrix, signs, used = self.rows
        wider = np.zeros((room, matrix.shape[1]), matrix.dtype)
        wider[:used] = matrix[:used]
        more = np.zeros((len(signs), room), signs.dtype)
        more[:, :used] = signs[:, :used]
        return wider, more


def _signs(vectors: Weights) -> Signs:
    """Pack the signs of vectors (one a row) into lines of 64 bits: line by vector."""
    bits = np.packbits(vectors > 0.0, axis=1)
    padded = np.pad(bits, ((0, 0), (0, -bits.shape[1] % (_BITS // 8))))
    return np.ascontiguousarray(padded.view(np.uint64).T)
