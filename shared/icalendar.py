"""Content lines of RFC 5545: escaped, folded at 75 octets, ended by CRLF.

Written here rather than by the `icalendar` package, whose time zones end in 2038 and take 2 kB.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_WIDTH = 75  # octets, without the line's end


def text(value: str) -> str:
    """A value of type TEXT; control characters, which it cannot hold, become spaces."""
    if not value.isprintable():
        value = value.replace("\r\n", "\n")
        value = "".join(c if c >= " " or c == "\n" else " " for c in value)
    return value.translate(_ESCAPES)


def utc(moment: datetime) -> str:
    """A date-time in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def fold(line: str) -> str:
    """The line in pieces of at most 75 octets, never within a character."""
    if len(line) <= _WIDTH and line.isascii():
        return line
    pieces, piece, width, most = [], "", 0, _WIDTH
    for character in line:
        octets = len(character.encode())
        if width + octets > most:
            pieces.append(piece)
            piece, width, most = "", 0, _WIDTH - 1  # the space that continues a line counts
        piece += character
        width += octets
    return "\r\n ".join([*pieces, piece])


def document(lines: Iterable[str]) -> bytes:
    return "".join(f"{fold(line)}\r\n" for line in lines).encode()
