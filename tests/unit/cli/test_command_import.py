import json
import tracemalloc

import pytest

from hedgerow.importing import summary, with_progress

COUNTS = {"new": 2, "changed": 0, "unchanged": 0, "kept": 0, "refused": 0}
ANSWER = {"run": "run_7", **COUNTS, "refusals": [], "networks_made": []}
REFUSAL = {"line": 12, "field": "name", "reason": "is longer than 200 characters"}


@pytest.fixture
def registry(services):
    registry = services["registry"]
    registry.routes["POST", "/communities/import"] = (200, ANSWER)
    return registry


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "communities.jsonl"
    path.write_text('{"id": "1", "name": "a"}\n{"id": "2", "name": "b"}\n')
    return path


def test_the_file_is_streamed_as_it_is_and_the_counts_are_said(command, registry, lines):
    result = command("import", str(lines))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "2 new, 0 changed, 0 unchanged, 0 refused (run run_7)\n"
    asked = registry.asked[0]
    assert asked["body"] == lines.read_bytes()
    assert asked["headers"]["Transfer-Encoding"] == "chunked"
    assert asked["headers"]["Content-Type"] == "application/x-ndjson"
    assert asked["headers"]["Authorization"] == "Bearer a-token-for-tests-alone"
    assert asked["query"] == {"source": "import"}


def test_a_source_and_a_dry_run_are_passed_on(command, registry, lines):
    result = command("import", str(lines), "--source", "appg", "--dry-run")
    assert registry.asked[0]["query"] == {"source": "appg", "dry_run": "true"}
    assert result.stdout.endswith("0 refused (dry run, nothing was changed)\n")


@pytest.mark.parametrize("name", ["list.csv", "LIST.CSV", "list.tsv", "list.txt"])
def test_a_csv_file_is_sent_as_one(command, registry, tmp_path, name):
    (tmp_path / name).write_text("id,name\n1,a\n")
    command("import", str(tmp_path / name))
    assert registry.asked[0]["headers"]["Content-Type"] == "text/csv"


@pytest.mark.parametrize("name", ["list.jsonl", "list.txt", "list"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_json_objects_is_sent_as_one(command, registry, tmp_path, name, encoding):
    (tmp_path / name).write_text('{"id": "1", "domain": "a"}\n', encoding=encoding)
    command("import", str(tmp_path / name))
    assert registry.asked[0]["headers"]["Content-Type"] == "application/x-ndjson"


def test_refused_lines_are_told_one_by_one_and_are_no_failure(command, registry, lines):
    refused = {**ANSWER, "new": 0, "unchanged": 870, "refused": 1, "refusals": [REFUSAL]}
    registry.routes["POST", "/communities/import"] = (200, refused)
    result = command("import", str(lines))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "line 12: name: is longer than 200 characters",
        "0 new, 0 changed, 870 unchanged, 1 refused (run run_7)",
    ]


def test_the_summary_tells_of_networks_made_records_kept_and_refusals_not_listed():
    answer = {
        **ANSWER,
        "kept": 3,
        "refused": 1500,
        "refusals": [{"line": 4, "field": None, "reason": "is not JSON"}],
        "networks_made": ["Mendip CoPs", "Fenland"],
    }
    assert summary(answer, dry_run=False) == [
        "line 4: is not JSON",
        "... and 1,499 more lines refused",
        "Made 2 new networks: Mendip CoPs, Fenland",
        "2 new, 0 changed, 0 unchanged, 3 kept as a person has changed them, 1,500 refused "
        "(run run_7)",
    ]


def test_a_registry_that_is_not_there_is_a_sentence(command, registry, lines):
    registry.stop()
    result = command("import", str(lines))
    assert result.exit_code == 1
    assert result.stderr == (
        f"The registry does not answer at {registry.url}; is `hedgerow up` running?\n"
    )


def test_a_refusal_of_the_whole_is_told_with_its_fields(command, registry, lines):
    problem = {
        "title": "Unprocessable",
        "detail": "The import is not valid",
        "errors": {"source": ["Longer than 50 characters."]},
    }
    registry.routes["POST", "/communities/import"] = (422, problem)
    result = command("import", str(lines))
    assert result.exit_code == 1
    assert result.stderr == (
        "The registry refused: The import is not valid (source: Longer than 50 characters.)\n"
    )


def test_a_connection_that_breaks_off_says_how_to_go_on(command, registry, lines):
    def break_off(_request):
        raise ConnectionAbortedError

    registry.server.handle_error = lambda *_: None
    registry.routes["POST", "/communities/import"] = break_off
    registry.routes["GET", "/status"] = (200, {})
    result = command("import", str(lines))
    assert result.exit_code == 1
    assert "the same command again goes on from there" in result.stderr


def test_when_it_breaks_off_for_a_wrong_token_the_token_is_named(command, registry, lines):
    def break_off(_request):
        raise ConnectionAbortedError

    registry.server.handle_error = lambda *_: None
    registry.routes["POST", "/communities/import"] = break_off
    registry.routes["GET", "/status"] = (401, {})
    assert "does not accept this operator token" in command("import", str(lines)).stderr


def test_something_else_on_the_registrys_port_is_said_plainly(command, registry, lines):
    registry.routes["POST", "/communities/import"] = (200, b"<html>")
    result = command("import", str(lines))
    assert result.exit_code == 1
    assert "is not Hedgerow's registry" in result.stderr


def test_a_large_file_is_never_in_memory_whole(tmp_path):
    path = tmp_path / "large.jsonl"
    line = json.dumps({"id": "1", "name": "n" * 1000}).encode() + b"\n"
    path.write_bytes(line * 20_000)
    tracemalloc.start()
    with path.open("rb") as file:
        sent = sum(len(piece) for piece in with_progress(file, path.stat().st_size))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent == path.stat().st_size
    assert most < 1_000_000 < sent
