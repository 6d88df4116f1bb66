"""What a body may hold: sizes, depth, JSON and nothing like it, and texts made uniform."""

import io
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from tests.registry import OPERATOR, Registry

PROBLEM = "application/problem+json"
START, END = b'{"domain": "d", "name": ', b"}"


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (START + b'"a"', 400, "not JSON"),
        (START + b"NaN" + END, 400, "not JSON"),
        (START + b"Infinity" + END, 400, "not JSON"),
        (START + b"'a'" + END, 400, "not JSON"),
        (START + b'"a",' + END, 400, "not JSON"),
        (START + b'"a"' + END + b"{}", 400, "not JSON"),
        (START + b'"\xff"' + END, 400, "not JSON"),
        (START + b'"\xed\xa0\x80"' + END, 400, "not JSON"),
        (START + b'"\\ud800"' + END, 400, "not JSON"),
        (START + b'"a\nb"' + END, 400, "not JSON"),
        (START + b"1e999" + END, 400, "not JSON"),
        (b"\xff\xfe{\x00}\x00", 400, "not JSON"),
        (b"   ", 400, "not JSON"),
        (START + b"[" * 15 + b"]" * 15 + END, 422, "name"),
        (START + b"[" * 16 + b"]" * 16 + END, 422, "nested more than 16 levels deep"),
        (START + b"[" * 200_000 + b"]" * 200_000 + END, 422, "nested more than 16"),
        (START + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + END, 422, "nested more than 16"),
        (START + b'"' + b"a" * 1024 * 1024 + b'"' + END, 413, "larger than this service takes"),
        (b"", 422, "name, domain"),
        (b"[]", 422, "the body"),
        (b'"text"', 422, "the body"),
        (b"null", 422, "the body"),
        (b"12345678901234567890123", 422, "the body"),
        (b"true", 422, "the body"),
    ],
    ids=range(24),
)
def test_a_body_that_cannot_be_read_is_refused_plainly(
    registry: Registry, body: bytes, status: int, why: str
):
    answer = registry.operator.send("/communities", body)
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert why in answer.json["detail"]
    assert "Traceback" not in answer.text
    assert registry.operator.events() == []


@pytest.mark.parametrize("body", [b"[1, 2]", b'"text"', b"null", b"5"])
def test_what_is_no_object_is_said_to_be_none(registry: Registry, body: bytes):
    errors = registry.operator.send("/communities", body).json["errors"]
    assert errors == {"": ["must be a JSON object"]}


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/x-ndjson"]
)
def test_another_kind_of_body_is_415_with_the_mend(registry: Registry, kind: str):
    answer = registry.operator.send("/communities", b'{"name": "a", "domain": "d"}', kind)
    assert (answer.status_code, answer.content_type) == (415, PROBLEM)
    assert "Content-Type: application/json" in answer.json["detail"]


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/vnd.hedgerow+json"]
)
def test_json_may_be_named_in_each_usual_way(registry: Registry, kind: str):
    answer = registry.operator.send("/communities", b'{"name": "a", "domain": "d"}', kind)
    assert answer.status_code == 201


def test_the_largest_body_is_a_mebibyte(registry: Registry):
    fits = START + b'"a", "practice": "' + b" " * (1024 * 1024 - 45) + b'"' + END
    assert len(fits) <= 1024 * 1024
    assert registry.operator.send("/communities", fits).status_code == 422
    assert registry.operator.send("/communities", fits + b" " * 1024).status_code == 413


@pytest.mark.parametrize("body", [b" " * 2_000_000, START + b'"a"' + END + b" " * 2_000_000])
def test_a_body_of_unknown_length_is_refused_when_it_turns_out_too_large(
    registry: Registry, body: bytes
):
    environ = create_environ(
        "/communities",
        method="POST",
        headers={"Authorization": f"Bearer {OPERATOR}", "Content-Type": "application/json"},
    )
    environ |= {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    _, status, headers = run_wsgi_app(registry.app, environ)
    assert (status[:3], headers["Content-Type"]) == ("413", PROBLEM)
    assert registry.operator.events() == []


TEXTS = [
    ("  Falls  ", "Falls"),
    ("Falls \u00a0 in\u2003homes", "Falls in homes"),
    ("Cafe\u0301", "Caf\u00e9"),
    ("\u212b", "\u00c5"),
    ("Ħedġe ☘ 你好 🌿", "Ħedġe ☘ 你好 🌿"),
    ("👩\u200d⚕️ nurses", "👩\u200d⚕️ nurses"),
    ("مجتمع", "مجتمع"),
    ("n" * 200, "n" * 200),
    ("🌿" * 200, "🌿" * 200),
    ("e\u0301" * 200, "\u00e9" * 200),
    ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("'; DROP TABLE events; --", "'; DROP TABLE events; --"),
]


def test_a_text_is_kept_in_one_form(each_registry: Registry):
    for given, kept in TEXTS:
        made = each_registry.operator.made("/communities", name=given, domain="d")
        assert made["name"] == kept
        assert each_registry.anyone.get(f"/communities/{made['id']}").json["name"] == kept
    assert [event["data"]["name"] for event in each_registry.anyone.events()] == [
        kept for _, kept in TEXTS
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "must not be empty"),
        ("  \u00a0\u2003 ", "must not be empty"),
        ("\u200b\u200d", "must not be empty"),
        ("n" * 201, "is 201 characters long; at most 200 are taken"),
        ("🌿" * 201, "is 201 characters long"),
        ("n" * 100_000, "is 100,000 characters long"),
        ("a\u0000b", "control character U+0000"),
        ("a\u001bb", "control character U+001B"),
        ("a\u007fb", "control character U+007F"),
        ("a\u0085b", "control character U+0085"),
        ("a\u009fb", "control character U+009F"),
        ("a\nb", "must be one line"),
        ("a\tb", "must be one line"),
        ("a\r\nb", "must be one line"),
        ("a\u202eb", "direction of text"),
        ("a\u2066b", "direction of text"),
        ("\ufeffa", "direction of text"),
        (5, "must be text"),
        (True, "must be text"),
        (["a"], "must be text"),
        ({"a": 1}, "must be text"),
        (None, "must not be null"),
    ],
    ids=range(22),
)
def test_a_name_that_cannot_be_is_refused_in_plain_english(registry: Registry, name: Any, why: str):
    answer = registry.operator.post("/communities", {"name": name, "domain": "d"})
    assert answer.status_code == 422
    (reason,) = answer.json["errors"]["name"]
    assert why in reason


def test_longer_texts_may_have_lines(registry: Registry):
    made = registry.operator.made("/communities", name="a", domain="One\r\n\r\n  two\tthree \n")
    assert made["domain"] == "One\n\n  two\tthree"


@pytest.mark.parametrize(
    ("field", "most"), [("domain", 5000), ("practice", 5000), ("learning_question", 1000)]
)
def test_lengths_are_counted_in_characters(registry: Registry, field: str, most: int):
    body = {"name": "a", "domain": "d"}
    longest = registry.operator.post("/communities", body | {field: "é" * most})
    assert longest.status_code == 201
    longer = registry.operator.post("/communities", body | {field: "é" * (most + 1)})
    assert f"at most {most:,}" in longer.json["errors"][field][0]


@pytest.mark.parametrize(
    ("topics", "kept"),
    [
        (["Falls", "falls", " FALLS "], ["Falls"]),
        (["b", "a", "B", "c"], ["b", "a", "c"]),
        ([], []),
        (["x" * 100] + [str(n) for n in range(49)], ["x" * 100] + [str(n) for n in range(49)]),
    ],
)
def test_a_list_keeps_each_text_once_in_the_order_given(
    registry: Registry, topics: list[str], kept: list[str]
):
    assert (
        registry.operator.made("/communities", name="a", domain="d", topics=topics)["topics"]
        == kept
    )


@pytest.mark.parametrize(
    ("topics", "field", "why"),
    [
        (["t"] * 51, "topics", "holds 51 entries; at most 50"),
        (["t" * 101], "topics.0", "at most 100"),
        (["a", None], "topics.1", "must not be null"),
        (None, "topics", "must not be null"),
        ({"a": 1}, "topics", "must be a list"),
    ],
    ids=range(5),
)
def test_a_list_that_cannot_be_is_refused_by_entry(
    registry: Registry, topics: Any, field: str, why: str
):
    answer = registry.operator.post("/communities", {"name": "a", "domain": "d", "topics": topics})
    assert why in answer.json["errors"][field][0]


@pytest.mark.parametrize(
    "url",
    [
        "https://falls.example",
        "http://falls.example:8080/a?b=c#d",
        "HTTPS://FALLS.EXAMPLE/",
        "https://bücher.example/é",
        "https://[2001:db8::1]/",
        f"https://falls.example/{'a' * 1900}",
    ],
)
def test_an_address_on_the_web_is_taken(registry: Registry, url: str):
    assert registry.operator.made("/communities", name="a", domain="d", url=url)["url"] == url


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "data:text/html,x", "ftp://falls.example", "file:///etc/passwd"),
        *("falls.example", "//falls.example", "https://", "https:///path", "http:falls.example"),
        *("https://falls.example:port/", "https://falls.example:99999/", "https://[::1"),
        *("https://falls .example/", "java\u0000script:1", "https://falls.example/\u202e"),
        f"https://falls.example/{'a' * 2000}",
    ],
)
def test_any_other_address_is_refused(registry: Registry, url: str):
    answer = registry.operator.post("/communities", {"name": "a", "domain": "d", "url": url})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["url"])
