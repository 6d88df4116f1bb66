"""The vocabulary of the index, looked through for words that begin alike or are nearly alike."""

import threading
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from services.discovery.index.arrays import Ints, Places

_PACKED = 8  # letters that are compared as one number
_ONE_EDIT_FROM, _TWO_EDITS_FROM = 5, 9
_LETTERS = 32
_Numbers = npt.NDArray[np.uint64]
_Masks = npt.NDArray[np.uint32]


class Vocabulary:
    """Stems by number, with what makes a look through all of them quick. Safe for threads."""

    def __init__(self) -> None:
        """Begin with no word."""
        self._stems: list[str] = []
        self._packed: _Numbers = np.zeros(0, np.uint64)
        self._masks: _Masks = np.zeros(0, np.uint32)
        self._lengths: Ints = np.zeros(0, np.int32)
        self._lock = threading.Lock()

    def beginning_with(self, prefix: str, used: Ints) -> list[int]:
        """Give the words in use that begin so and go on, by how many use them; ties by word."""
        with self._lock:
            stems, packed, lengths = self._stems, self._packed, self._lengths
        shift = np.uint64(8 * max(0, _PACKED - len(prefix.encode()[:_PACKED])))
        alike = (packed >> shift) == (np.uint64(_pack(prefix)) >> shift)
        found = np.flatnonzero(alike & (lengths > len(prefix)))
        return _by_use((n for n in found.tolist() if stems[n].startswith(prefix)), used, stems)

    def nearly(self, stem: str, typed: int, used: Ints, *, least: int = 1) -> list[int]:
        """Give the words in use within the typing errors allowed in a word of so many letters.

        One error in five letters or more, two in nine or more. Fewest errors first, then by how
        many use them. An error is a letter too many, missing, wrong, or two changed round.
        """
        edits = 2 if typed >= _TWO_EDITS_FROM else 1 if typed >= _ONE_EDIT_FROM else 0
        if not edits:
            return []
        with self._lock:
            stems, masks, lengths = self._stems, self._masks, self._lengths
        close = np.abs(lengths - len(stem)) <= edits
        close &= _bits(masks ^ np.uint32(_mask(stem))) <= 2 * edits
        near: dict[int, list[int]] = {}
        for number in np.flatnonzero(close).tolist():
            if number < len(used) and used[number] >= least:
                errors = typing_errors(stem, stems[number], edits)
                if 0 < errors <= edits:
                    near.setdefault(errors, []).append(number)
        return [n for errors in sorted(near) for n in _by_use(near[errors], used, stems)]

    def follow(self, stems: Sequence[str]) -> None:
        """Take in the words that came since last time; `stems` is all of them, in order."""
        with self._lock:
            new = stems[len(self._stems) :]
            if new:
                self._packed = np.r_[self._packed, np.array([_pack(s) for s in new], np.uint64)]
                self._masks = np.r_[self._masks, np.array([_mask(s) for s in new], np.uint32)]
                self._lengths = np.r_[self._lengths, np.array([len(s) for s in new], np.int32)]
                self._stems = [*self._stems, *new]

    def stem(self, number: int) -> str:
        """Give the stem of a number."""
        return self._stems[number]


def typing_errors(typed: str, meant: str, most: int) -> int:
    """Count the errors between two words (optimal string alignment), or `most` + 1 if more."""
    before_last: list[int] = []
    last = list(range(len(meant) + 1))
    for row, letter in enumerate(typed, start=1):
        line = [row]
        for column, wanted in enumerate(meant, start=1):
            cost = min(
                last[column] + 1, line[column - 1] + 1, last[column - 1] + (letter != wanted)
            )
            swapped = row > 1 and column > 1 and letter == meant[column - 2]
            if swapped and typed[row - 2] == wanted:
                cost = min(cost, before_last[column - 2] + 1)
            line.append(cost)
        if min(line) > most:
            return most + 1
        before_last, last = last, line
    return min(last[-1], most + 1)


def _by_use(numbers: Iterable[int], used: Ints, stems: Sequence[str]) -> list[int]:
    counted = [n for n in numbers if n < len(used) and used[n] > 0]
    return sorted(counted, key=lambda n: (-int(used[n]), stems[n]))


def _pack(word: str) -> int:
    return int.from_bytes(word.encode()[:_PACKED].ljust(_PACKED, b"\0"), "big")


def _mask(word: str) -> int:
    mask = 0
    for letter in word:
        mask |= 1 << (ord(letter) % _LETTERS)
    return mask


def _bits(masks: _Masks) -> Places:
    """Count the bits that are set in each number."""
    counts: Places = np.bitwise_count(masks).astype(np.int64)
    return counts
