import subprocess
import sys

import pytest

from hedgerow import status
from hedgerow.__main__ import main


@pytest.mark.parametrize(
    "arguments",
    [
        ["grow"],
        ["import"],
        ["import", "no-such-file.jsonl"],
        ["import", "."],
        ["rebuild"],
        ["rebuild", "the-hedge"],
        ["status", "--timeout", "soon"],
        ["status", "--timeout", "-1"],
        ["dead-letters", "retry"],
        ["dead-letters", "retry", "all"],
        ["dead-letters", "list", "--service", "the-hedge"],
        ["up", "--example"],
    ],
)
def test_a_command_called_wrongly_ends_with_2_and_says_so(command, services, arguments):
    result = command(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert all(not stand_in.asked for stand_in in services.values())


@pytest.mark.parametrize(
    "arguments", [["status"], ["up"], ["rebuild", "registry"], ["dead-letters", "list"]]
)
def test_every_wrong_setting_is_listed_and_it_ends_with_2(command, monkeypatch, arguments):
    monkeypatch.setenv("HEDGEROW_REGISTRY_PORT", "http")
    monkeypatch.setenv("HEDGEROW_DISCOVERY_URL", "nowhere")
    result = command(*arguments)
    assert result.exit_code == 2
    assert "HEDGEROW_REGISTRY_PORT: " in result.stderr
    assert "HEDGEROW_DISCOVERY_URL: " in result.stderr


def test_it_answers_as_a_module_too():
    asked = [sys.executable, "-m", "hedgerow", "--help"]
    helped = subprocess.run(asked, capture_output=True, text=True, check=True)
    for name in ("up", "import", "status", "rebuild", "dead-letters"):
        assert name in helped.stdout


def test_what_nobody_foresaw_is_a_sentence_too(monkeypatch, capsys):
    def stumble(**_):
        raise RuntimeError("the ground gave way")

    monkeypatch.setattr(status, "show", stumble)
    monkeypatch.setattr(sys, "argv", ["hedgerow", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert said.err == "hedgerow could not go on: RuntimeError: the ground gave way\n"
