"""What the log holds: enough to find out what happened, and nothing that is people's own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.registry import OPERATOR, OPERATOR_TO_COME, SERVICE

PERSONAL = (
    *("Lovelace", "Hopper", "Lamarr", "people.example", "no address"),
    *("Secretshire", "nonsense", "region=", "cursor="),
    *(OPERATOR, OPERATOR_TO_COME, SERVICE, "secret-of-the-tests"),
)


def log_as(form: str) -> str:
    """What a registry logs in this form while much is asked of it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.logged_registry", form],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def text_log() -> str:
    return log_as("text")


@pytest.fixture(scope="module")
def json_log() -> str:
    return log_as("json")


@pytest.fixture(params=["text", "json"])
def log(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_log"))


def test_the_log_holds_no_names_addresses_questions_or_tokens(log: str):
    assert [word for word in PERSONAL if word in log] == []


def test_the_log_tells_each_request_with_its_status_time_and_ids(log: str):
    for words in (
        "POST /people",
        "GET /communities",
        "POST /communities/import",
        "PATCH /networks",
    ):
        assert words in log
    for words in ("status", "ms", "correlation"):
        assert words in log


def test_a_defect_is_told_with_where_it_was_but_without_what_was_in_hand(log: str):
    assert "RuntimeError" in log
    assert "the code failed" in log
    assert "people.py" in log
    assert "IntegrityError" in log
    assert "database unavailable" in log


def test_for_machines_every_line_is_an_object_of_its_own(json_log: str):
    lines = [json.loads(line) for line in json_log.splitlines()]
    assert {line["level"] for line in lines} == {"info", "error"}
    for line in lines:
        assert (line["service"], line["role"]) == ("registry", "web")
        assert line["timestamp"].endswith("Z")
    asked = [line for line in lines if line["event"] == "POST /people"]
    assert [line["status"] for line in asked] == [201, 201, 201, 422, 500, 500, 503]
    assert all(line["ms"] > 0 for line in asked)


def test_a_defect_is_found_by_the_id_that_its_caller_was_told(json_log: str):
    lines = [json.loads(line) for line in json_log.splitlines()]
    failed = [line["request"] for line in lines if line["event"] == "a request failed"]
    answered = [line["correlation"] for line in lines if line.get("status") == 500]
    assert len(failed) == 2
    assert failed == answered
