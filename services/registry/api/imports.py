"""`POST /communities/import`: lists of communities, read as they come, in bounded memory."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import IO

import msgspec
from flask import Response, request

from services.registry import importing, undoing
from services.registry.importing import Line
from shared.identifiers import is_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint, allow_stream
from shared.web.callers import caller, needs_token
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.fields import uniform
from shared.web.parameters import flag, takes

blp = Blueprint("import", "import", description="Lists of communities")
_NDJSON, _CSV = ("application/x-ndjson", "application/jsonl"), ("text/csv",)
_LONGEST_LINE = 200_000  # bytes; a record has at most some 20,000 characters
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how a byte that is no UTF-8 is kept
_COLUMNS = ("id", "name", "domain", "topics", "network", "region", "url")


@blp.post("/communities/import")
@blp.doc(
    summary="Import communities from a list",
    requestBody={
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    },
)
@takes(
    {
        "source": "The list's name; with a record's id it says which community is meant",
        "dry_run": flag("Say what would be done, and change nothing"),
    }
)
@needs_token
def import_communities() -> Response:
    """One record a line; see docs/importing.md. Each line is taken or refused for itself."""
    allow_stream()
    source = _source()
    dry_run = request.args.get("dry_run", "false").lower()
    if dry_run not in ("true", "false"):
        raise invalid("dry_run", "must be true or false")
    if request.mimetype in _NDJSON:
        lines = _json_lines()
    elif request.mimetype in _CSV:
        lines = _csv_lines()
    else:
        raise Problem(415, "Send application/x-ndjson or text/csv, and say so in Content-Type.")
    report = importing.run(
        service(), lines, source, dry_run=dry_run == "true", actor=caller().actor
    )
    return json_response(asdict(report))


@blp.post("/communities/import/<run>/undoing")
@blp.doc(summary="Take back what an import's run did, where nobody has changed it since")
@needs_token
def undo_import(run: str) -> Response:
    undone = undoing.undo(service(), run) if is_id(run, "run") else None
    if undone is None:
        raise not_found(f"No import has the run {run}, or it changed nothing.")
    return json_response(asdict(undone))


def _source() -> str:
    try:
        source = uniform(request.args.get("source", "import"), lines=False)
    except ValueError as error:
        raise invalid("source", str(error)) from error
    if not 1 <= len(source) <= 100:
        raise invalid("source", "must have 1 to 100 characters")
    return source


def _json_lines() -> Iterator[Line]:
    decoder = msgspec.json.Decoder()
    for number, raw in _raw_lines():
        if len(raw) > _LONGEST_LINE:
            yield Line(number, unreadable=f"is longer than {_LONGEST_LINE:,} bytes")
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


def _raw_lines() -> Iterator[tuple[int, bytes]]:
    """Numbered lines; of one that is too long only its beginning is kept."""
    number, rest, overlong = 1, b"", False
    while chunk := request.stream.read(65_536):
        *lines, last = (rest + chunk).split(b"\n")
        for line in lines:
            yield number, line if not overlong else b" " * (_LONGEST_LINE + 1)
            number, overlong = number + 1, False
        overlong = overlong or len(last) > _LONGEST_LINE
        rest = b"" if overlong else last
    if rest or overlong:
        yield number, rest if not overlong else b" " * (_LONGEST_LINE + 1)


def _csv_lines() -> Iterator[Line]:
    """Raises Problem 422 where the heading does not fit."""
    text = _CsvText(request.stream)
    reader = csv.DictReader(text, restkey="", strict=True)
    try:
        headings = reader.fieldnames or []
    except csv.Error as error:
        raise invalid("heading", f"is not CSV: {error}") from error
    if unknown := [name for name in headings if name not in _COLUMNS]:
        raise invalid(
            "heading", f"{', '.join(map(repr, unknown))}: the columns are {', '.join(_COLUMNS)}"
        )
    if missing := [name for name in ("id", "domain") if name not in headings]:
        raise invalid("heading", f"the column {', '.join(missing)} is missing")
    if twice := [name for name in _COLUMNS if headings.count(name) > 1]:
        raise invalid("heading", f"the column {', '.join(twice)} is there twice")
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(text.number, unreadable=f"is not CSV: {error}")
            continue
        if "" in row:
            yield Line(text.number, unreadable=f"has more than {len(headings)} cells")
            continue
        fields = {name: value for name, value in row.items() if value is not None}
        if any(_NOT_UTF8.search(value) for value in fields.values()):
            yield Line(text.number, unreadable="is not UTF-8; save the list as CSV UTF-8")
            continue
        topics = [topic for topic in fields.pop("topics", "").split(";") if topic.strip()]
        yield Line(text.number, {**fields, "topics": topics})


class _CsvText:
    """The lines of a CSV body, counted; one that is too long is never held whole."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(
            io.BufferedReader(_Readable(stream)),
            encoding="utf-8-sig",
            errors="surrogateescape",
            newline="",
        )
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Raises csv.Error for a line that is too long; the next call goes on behind it."""
        if not (line := self._text.readline(_LONGEST_LINE)):
            raise StopIteration
        self.number += 1
        if len(line) < _LONGEST_LINE or line.endswith("\n"):
            return line
        while (rest := self._text.readline(_LONGEST_LINE)) and not rest.endswith("\n"):
            pass
        raise csv.Error(f"a line is longer than {_LONGEST_LINE:,} characters")


class _Readable(io.RawIOBase):
    """The request's stream as a file that text can be read from."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
