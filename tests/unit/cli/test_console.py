import io
import json

import pytest

from hedgerow.console import Console

NAMES = ["registry web", "registry worker", "discovery web"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Closed(io.StringIO):
    def write(self, _text):
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def _colours_are_wanted(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)


def written(stream, log_format="text", name="registry web"):
    Console(stream, NAMES, log_format).line(name, "GET /communities 200")
    return stream.getvalue()


def test_lines_begin_with_the_processs_name_in_one_column():
    assert written(io.StringIO()) == "registry web    │ GET /communities 200\n"
    assert (
        written(io.StringIO(), name="discovery web") == "discovery web   │ GET /communities 200\n"
    )


def test_on_a_terminal_each_service_has_its_colour():
    assert written(Terminal()) == "\x1b[36mregistry web    │ \x1b[0mGET /communities 200\n"
    assert written(Terminal(), name="registry worker").startswith("\x1b[36m")
    assert written(Terminal(), name="discovery web").startswith("\x1b[32m")


def test_no_colour_where_none_is_wanted(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert written(Terminal()) == "registry web    │ GET /communities 200\n"


def test_json_lines_stay_json_where_no_terminal_is():
    stream = io.StringIO()
    console = Console(stream, NAMES, "json")
    console.line("registry web", '{"event": "answered"}')
    console.log("registry web ended")
    console.say("Ready in 6.2 s.")
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"event": "answered"},
        {"service": "hedgerow", "event": "registry web ended"},
        {"service": "hedgerow", "event": "Ready in 6.2 s."},
    ]


def test_the_supervisors_own_lines_stand_among_the_others():
    stream = io.StringIO()
    Console(stream, NAMES).log("registry web ended")
    assert stream.getvalue() == "hedgerow        │ registry web ended\n"


def test_a_progress_line_stays_below_the_lines_until_it_has_ended():
    stream = Terminal()
    console = Console(stream, NAMES)
    console.progress(1, 2, "Loading")
    console.say("a line")
    console.progress_ended()
    bar = "Loading  [" + "#" * 15 + "-" * 15 + "] 1/2"
    assert stream.getvalue() == f"\r\x1b[K{bar}\r\x1b[Ka line\n{bar}\r\x1b[K"


def test_no_progress_line_where_no_terminal_is():
    stream = io.StringIO()
    Console(stream, NAMES).progress(1, 2, "Loading")
    assert stream.getvalue() == ""


def test_a_reader_that_went_away_is_noticed_and_does_no_harm():
    console = Console(Closed(), NAMES)
    assert not console.gone
    console.say("anyone?")
    assert console.gone
    console.say("no one")
