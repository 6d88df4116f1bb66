"""Vectors in memory, by the hash of their text: rows that are appended and never changed."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from services.discovery.index.arrays import Floats, Ints, Weights
from services.discovery.meaning.store import Stored

_GROWTH = 1.25
_BITS = 64
_AT_A_TIME = 128
_NOT_SIGN_AGAIN = np.int32(-0x70000001)  # all bits but the three that repeat the sign
_BIAS = np.float32(2.0**112)

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
        return _clipped(np.concatenate([part @ vector for part in self._read(rows)]))

    def among(self, rows: Ints) -> Floats:
        """Give the cosine of some rows with each other, 0 where it is less."""
        vectors = np.concatenate(list(self._read(rows)))
        return _clipped(vectors @ vectors.T)

    def _read(self, rows: Ints) -> Iterator[Weights]:
        """Give rows in single precision, some at a time, which stay in the processor's cache."""
        for first in range(0, max(len(rows), 1), _AT_A_TIME):
            yield singles(self.matrix[rows[first : first + _AT_A_TIME]])


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
        # What is no number says nothing; `singles` could not tell it from one either.
        coming = np.nan_to_num(np.stack(list(new.values())), posinf=0.0, neginf=0.0)
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


def singles(halves: Halves) -> Weights:
    """Give finite numbers of half precision in single precision: what `astype` gives, in half the
    time. Sign, exponent and fraction are put where they stand, and the exponent's bias is made up
    for (127 instead of 15)."""
    bits = halves.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= _NOT_SIGN_AGAIN
    found = bits.view(np.float32)
    found *= _BIAS
    return found


def _clipped(cosines: Weights) -> Floats:
    return np.clip(cosines.astype(np.float64), 0.0, 1.0)


def _signs(vectors: Weights) -> Signs:
    """Pack the signs of vectors (one a row) into lines of 64 bits: line by vector."""
    bits = np.packbits(vectors > 0.0, axis=1)
    padded = np.pad(bits, ((0, 0), (0, -bits.shape[1] % (_BITS // 8))))
    return np.ascontiguousarray(padded.view(np.uint64).T)
