"""Long lists in bounded memory, overlong lines, and two imports of one list at once."""

import io
import json
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from tests.registry import OPERATOR, Registry, at_once

MEBIBYTE = 1024 * 1024


class Streamed(io.RawIOBase):
    """A body that is made while it is read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines, self._rest = lines, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(self._rest) < len(buffer) and (line := next(self._lines, None)) is not None:
            self._rest += line
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def sent(registry: Registry, lines: Iterator[bytes], kind: str, query: str = "") -> Any:
    """Import a body of unknown length, as a chunked request brings it."""
    environ = create_environ(
        "/communities/import",
        query_string=query,
        method="POST",
        headers={"Authorization": f"Bearer {OPERATOR}", "Content-Type": kind},
    )
    environ |= {"wsgi.input": io.BufferedReader(Streamed(lines)), "wsgi.input_terminated": True}
    body, status, _ = run_wsgi_app(registry.app, environ, buffered=True)
    assert status == "200 OK"
    return json.loads(b"".join(body))


def records(count: int, domain: str = "Feet") -> Iterator[bytes]:
    for number in range(count):
        yield json.dumps({"id": str(number), "domain": f"{domain} {number}"}).encode() + b"\n"


def test_20_000_lines_are_imported_in_bounded_memory(registry: Registry):
    padding = "word " * 200
    tracemalloc.start()
    try:
        lines = records(20_000, padding)
        report = sent(registry, lines, "application/x-ndjson", "dry_run=true")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (report["new"], report["refused"]) == (20_000, 0)
    assert peak < 6 * MEBIBYTE, f"the list is 20 MiB long; {peak:,} bytes were held"


def test_a_list_is_written_while_it_is_read(registry: Registry):
    behind: list[int] = []

    def watched() -> Iterator[bytes]:
        for number, line in enumerate(records(2_000, "word " * 200)):
            if number % 100 == 0:
                with registry.service.database.read() as connection:
                    behind.append(number - registry.service.store.head(connection).position)
            yield line

    assert sent(registry, watched(), "application/x-ndjson")["new"] == 2_000
    assert max(behind) < 500


def test_only_the_first_thousand_refusals_are_kept_but_all_are_counted(registry: Registry):
    report = sent(registry, iter([b"broken\n"] * 1_500), "application/x-ndjson")
    assert (report["refused"], len(report["refusals"])) == (1_500, 1_000)
    assert report["refusals"][-1]["line"] == 1_000


def huge(pieces: int) -> Iterator[bytes]:
    """A line of so many mebibytes, between two that are fine."""
    yield b'{"id": "1", "domain": "Feet"}\n{"id": "2", "domain": "'
    for _ in range(pieces):
        yield b"d" * MEBIBYTE
    yield b'"}\n{"id": "3", "domain": "Lungs"}\n'


def huge_csv(pieces: int) -> Iterator[bytes]:
    yield b"id,domain\n1,Feet\n2,"
    for _ in range(pieces):
        yield b"d" * MEBIBYTE
    yield b"\n3,Lungs\n"


@pytest.mark.parametrize(
    ("made", "kind", "line"), [(huge, "application/x-ndjson", 2), (huge_csv, "text/csv", 3)]
)
def test_a_huge_line_is_refused_and_never_held_whole(
    registry: Registry, made: Callable[[int], Iterator[bytes]], kind: str, line: int
):
    tracemalloc.start()
    try:
        report = sent(registry, made(24), kind)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (report["new"], report["refused"]) == (2, 1)
    (refusal,) = report["refusals"]
    assert refusal["line"] == line
    assert "longer than 200,000" in refusal["reason"]
    assert peak < 6 * MEBIBYTE, f"the line is 24 MiB long; {peak:,} bytes were held"


@pytest.mark.parametrize("kind", ["application/x-ndjson", "text/csv"])
def test_a_list_may_end_in_a_huge_line(registry: Registry, kind: str):
    made = huge if kind == "application/x-ndjson" else huge_csv
    lines = (piece.split(b"\n3", 1)[0].rstrip(b'"}\n') for piece in made(1))
    report = sent(registry, (p.split(b'\n{"id": "3"')[0] for p in lines), kind)
    assert (report["new"], report["refused"]) == (1, 1)


def test_two_imports_of_one_list_at_once_make_each_record_once(each_registry: Registry):
    lines = [
        {"id": str(number), "domain": f"Feet {number}", "network": f"Net {number % 7}"}
        for number in range(450)
    ]
    reports = at_once(
        lambda: each_registry.operator.import_list(*lines),
        lambda: each_registry.operator.import_list(*reversed(lines)),
        lambda: each_registry.operator.import_list(*lines),
    )
    assert sum(report["new"] for report in reports) == 450
    assert sum(report["unchanged"] for report in reports) == 900
    assert sorted(name for r in reports for name in r["networks_made"]) == sorted(
        f"Net {number}" for number in range(7)
    )
    events = each_registry.operator.events()
    assert Counter(event["type"].split(".")[1] for event in events) == {
        "community": 450,
        "network": 7,
    }
    assert {event["sequence"] for event in events} == {"0000000001"}


def test_an_import_beside_people_who_change_the_same_communities(each_registry: Registry):
    operator = each_registry.operator
    lines = [{"id": str(number), "domain": "Feet", "name": "A"} for number in range(20)]
    operator.import_list(*lines)
    ids = [item["id"] for item in operator.get("/communities").json["items"]]
    answers = at_once(
        lambda: each_registry.operator.import_list(*(line | {"region": "Kent"} for line in lines)),
        lambda: [each_registry.operator.changed(f"/communities/{i}", name="Ours") for i in ids],
    )
    assert answers[0]["changed"] == 20
    for item in operator.get("/communities").json["items"]:
        assert (item["name"], item["region"], item["version"]) == ("Ours", "Kent", 3)
