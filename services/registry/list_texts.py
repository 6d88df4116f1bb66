"""The bytes of a list as UTF-8, and its lines, each bounded."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from typing import IO

LONGEST_LINE = 200_000  # bytes; a record has at most some 20,000 characters
_PIECE = 65_536
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def utf8(stream: IO[bytes], refuse: Callable[[str], Exception]) -> Iterator[bytes]:
    """What a stream holds, in pieces, as UTF-8 without a byte-order mark.

    UTF-16 is known by its mark, or by its first character's two bytes. What is not valid in its
    encoding comes as bytes that are no UTF-8. Raises `refuse` with the reason for a workbook.
    """
    first = b""
    while len(first) < 4 and (piece := stream.read(_PIECE)):
        first += piece
    if first.startswith(_WORKBOOKS):
        raise refuse("is a workbook; save it as CSV UTF-8 and send that")
    encoding, mark = _encoding(first)
    pieces = _pieces(stream, first[len(mark) :])
    return pieces if encoding == "utf-8" else _decoded(pieces, encoding)


def _encoding(first: bytes) -> tuple[str, bytes]:
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return encoding, mark
    if len(first) >= 2 and b"\0" in first[:2] and first[:2] != b"\0\0":
        return ("utf-16-le" if first[1] == 0 else "utf-16-be"), b""
    return "utf-8", b""


def _pieces(stream: IO[bytes], first: bytes) -> Iterator[bytes]:
    if first:
        yield first
    while piece := stream.read(_PIECE):
        yield piece


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        yield b"\xff"  # half a character at the end


class TextLines:
    """The lines of a text in UTF-8, counted; one that is too long is never held whole."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._text = io.TextIOWrapper(
            io.BufferedReader(_Readable(pieces)),
            encoding="utf-8",
            errors="surrogateescape",
            newline="",
        )
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Raises csv.Error for a line that is too long; the next call goes on behind it."""
        if not (line := self._text.readline(LONGEST_LINE)):
            raise StopIteration
        self.number += 1
        if len(line) < LONGEST_LINE or line.endswith("\n"):
            return line
        while (rest := self._text.readline(LONGEST_LINE)) and not rest.endswith("\n"):
            pass
        raise csv.Error(f"a line is longer than {LONGEST_LINE:,} characters")


class _Readable(io.RawIOBase):
    """Pieces as a file that text can be read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
