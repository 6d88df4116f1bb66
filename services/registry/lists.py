"""Lists of communities as people send them: JSON objects a line, or tables from a spreadsheet.

Whatever leaves no doubt is taken: UTF-8 with a byte-order mark or without, UTF-16, columns
separated by a comma, a semicolon or a tab, headings in capitals, columns at the end that hold
nothing. Where there is doubt, the reason says what was expected. Everything is read as it comes,
in bounded memory.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import msgspec

from services.registry.list_texts import LONGEST_LINE, TextLines, utf8
from shared.foundation.names import name_key

COLUMNS = ("id", "name", "domain", "topics", "network", "region", "url")
_REQUIRED = ("id", "domain")
_SEPARATORS = {",": "a comma", ";": "a semicolon (;)", "\t": "a tab"}
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how a byte that is no UTF-8 is kept
_SAID = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)  # Excel's own way to name the separator


class HeadingError(Exception):
    """The list cannot be begun with; it says why, and what was expected."""


@dataclass(frozen=True)
class Line:
    """A line of a list: what it holds, or why it could not be read."""

    number: int
    fields: Mapping[str, Any] | None = None
    unreadable: str | None = None


def json_lines(stream: IO[bytes]) -> Iterator[Line]:
    """One JSON object a line. Raises HeadingError for what is no text at all."""
    decoder = msgspec.json.Decoder()
    for number, raw in _raw_lines(stream):
        if len(raw) > LONGEST_LINE:
            yield Line(number, unreadable=f"is longer than {LONGEST_LINE:,} bytes")
        elif raw.strip():
            yield _json_line(number, raw, decoder)


def _json_line(number: int, raw: bytes, decoder: "msgspec.json.Decoder[object]") -> Line:
    try:
        fields = decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Line(number, unreadable=f"is not JSON: {error}")
    if not isinstance(fields, dict):
        return Line(number, unreadable="is not a JSON object")
    return Line(number, fields)


def _raw_lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Numbered lines; of one that is too long only its beginning is kept."""
    number, rest, overlong = 1, b"", False
    for chunk in utf8(stream, HeadingError):
        *lines, last = (rest + chunk).split(b"\n")
        for line in lines:
            yield number, line if not overlong else b" " * (LONGEST_LINE + 1)
            number, overlong = number + 1, False
        overlong = overlong or len(last) > LONGEST_LINE
        rest = b"" if overlong else last
    if rest or overlong:
        yield number, rest if not overlong else b" " * (LONGEST_LINE + 1)


def table_lines(stream: IO[bytes]) -> Iterator[Line]:
    """One row a record. Raises HeadingError where the heading does not fit."""
    text = TextLines(utf8(stream, HeadingError))
    separator, headings = _heading(text)
    reader = csv.reader(text, delimiter=separator, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(text.number, unreadable=f"is not CSV: {error}")
            continue
        if any(cell.strip() for cell in row) or len(row) > len(headings):
            yield _row(text.number, row, headings, separator)


def _heading(text: TextLines) -> tuple[str, Sequence[str]]:
    """The separator and the columns; a column without a name is "". Raises HeadingError."""
    line = _first(text)
    said = _SAID.fullmatch(line)
    if said:
        separators = [said[1]]
        line = _first(text)
    else:
        separators = list(_SEPARATORS)
    found = {each: _columns(line, each) for each in separators}
    known = {each: sum(name in COLUMNS for name in names) for each, names in found.items()}
    separator = max(separators, key=lambda each: known[each])
    headings = found[separator]
    _check(headings, separator, sure=bool(said) or known[separator] > 1 or len(headings) > 1)
    return separator, headings


def _first(text: TextLines) -> str:
    """The next line; "" at the end."""
    try:
        return next(text, "")
    except csv.Error as error:
        raise HeadingError(f"is not CSV: {error}") from error


def _columns(line: str, separator: str) -> list[str]:
    """The columns' names as `COLUMNS` has them, as far as it has them."""
    try:
        cells = next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error as error:
        if separator == ",":
            raise HeadingError(f"is not CSV: {error}") from error
        return []
    return [key if (key := name_key(cell)) in COLUMNS else cell.strip() for cell in cells]


def _check(headings: Sequence[str], separator: str, *, sure: bool) -> None:
    columns = f"the columns are {', '.join(COLUMNS)}"
    parted = f"separated by {_SEPARATORS.get(separator, repr(separator))}"
    if not sure:
        parted = "separated by a comma, a semicolon or a tab"
    if any(_NOT_UTF8.search(name) for name in headings):
        raise HeadingError("is not UTF-8; save the list as CSV UTF-8")
    if unknown := [name for name in headings if name and name not in COLUMNS]:
        raise HeadingError(f"{', '.join(map(repr, unknown))}: {columns}, {parted}")
    if missing := [name for name in _REQUIRED if name not in headings]:
        raise HeadingError(f"the column {', '.join(missing)} is missing; {columns}, {parted}")
    if twice := [name for name in COLUMNS if headings.count(name) > 1]:
        raise HeadingError(f"the column {', '.join(twice)} is there twice")


def _row(number: int, row: Sequence[str], headings: Sequence[str], separator: str) -> Line:
    parted = _SEPARATORS.get(separator, repr(separator))
    if len(row) > len(headings):
        reason = f"has more than {len(headings)} cells"
        if separator == ";" and "topics" in headings:
            reason += "; put quotation marks around a cell that holds a semicolon"
        return Line(number, unreadable=reason)
    if any(_NOT_UTF8.search(cell) for cell in row):
        return Line(number, unreadable="is not UTF-8; save the list as CSV UTF-8")
    if len(row) == 1 < len(headings) and any(other in row[0] for other in _SEPARATORS):
        reason = f"has one cell: columns separated by {parted} are expected, as in the heading"
        return Line(number, unreadable=reason)
    if nameless := [at for at, cell in enumerate(row) if cell.strip() and not headings[at]]:
        reason = f"has something in column {nameless[0] + 1}, which has no heading"
        return Line(number, unreadable=reason)
    fields = {name: cell for name, cell in zip(headings, row, strict=False) if name}
    topics = [topic for topic in fields.pop("topics", "").split(";") if topic.strip()]
    return Line(number, {**fields, "topics": topics})
