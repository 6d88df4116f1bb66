"""/openapi.json and /docs of every service: valid, complete, readable by everyone."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.http.policies import Kind, policy_of
from tests.integration.services import SERVICES, app_of
from tests.registry import Caller

EXEMPT = {"/openapi.json"}  # the document itself
VOID = {"meta", "link", "br", "hr", "img", "input"}


@pytest.fixture(params=SERVICES)
def anyone(request: pytest.FixtureRequest, tmp_path: Path) -> Caller:
    return Caller(app_of(request.param, tmp_path), None)


def document(caller: Caller) -> Any:
    answer = caller.get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.json


def operations(described: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in described["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            if method in item:
                yield path, method, item[method]


def test_the_document_is_valid_openapi_3_1(anyone: Caller):
    described = document(anyone)
    assert described["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(described).iter_errors()] == []


def test_the_document_lists_every_route_and_method_and_no_other(anyone: Caller):
    routes = {
        (re.sub(r"<(?:[^:>]+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in anyone.app.url_map.iter_rules()
        if rule.rule not in EXEMPT
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in operations(document(anyone))} == routes


def test_every_call_says_what_it_is_for_and_what_it_answers(anyone: Caller):
    for path, method, call in operations(document(anyone)):
        assert call.get("summary"), (method, path)
        assert call["responses"], (method, path)
        assert len(call["tags"]) == 1


def test_every_place_in_an_address_is_described_as_a_parameter(anyone: Caller):
    described = document(anyone)
    for path, method, call in operations(described):
        parameters = call.get("parameters", []) + described["paths"][path].get("parameters", [])
        named = {p["name"] for p in parameters if p.get("in") == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), (method, path)


def test_calls_say_whose_tokens_they_take(anyone: Caller):
    app = anyone.app
    for rule in app.url_map.iter_rules():
        if rule.rule in EXEMPT:
            continue
        path = re.sub(r"<(?:[^:>]+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            call = document(anyone)["paths"][path][method.lower()]
            declared = policy_of(app.view_functions[rule.endpoint])
            assert declared is not None, (method, path)
            schemes = [name for scheme in call["security"] for name in scheme or ("none",)]
            assert ("none" in schemes) == declared.allows(Kind.ANYONE), (method, path)
            own = {Kind.OPERATOR, Kind.SERVICE, Kind.ANYONE} & {r.kind for r in declared.rules}
            assert ("token" in schemes) == bool(own), (method, path)
            people = {rule.kind for rule in declared.rules} - {Kind.SERVICE}
            assert ("person" in schemes) == bool(people), (method, path)


class Page(HTMLParser):
    """What a page is made of: its elements in order, and the text in each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture
def page(anyone: Caller) -> Page:
    answer = anyone.get("/docs")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!doctype html>")
    return Page(answer.text)


def test_the_page_fetches_nothing_from_another_host(page: Page):
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            address = attributes.get(name) or "/"
            assert address.startswith(("./", "/", "#")), (tag, address)
            assert not address.startswith("//"), (tag, address)
        assert "style" not in attributes, "the security policy would drop it"
    assert page.all("script") == []


def test_the_style_is_served_here_and_fetches_nothing_either(anyone: Caller):
    answer = anyone.get("/pages/style.css")
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "url(" not in answer.text
    assert "@import" not in answer.text


def test_the_page_has_a_language_a_title_and_can_be_zoomed(page: Page):
    assert page.all("html")[0]["lang"] == "en-GB"
    assert page.texts["title"][0]
    (viewport,) = [meta for meta in page.all("meta") if meta.get("name") == "viewport"]
    assert "user-scalable" not in (viewport["content"] or "")
    assert page.open == []


def test_headings_begin_at_one_and_skip_no_level(page: Page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    for before, after in pairwise(levels):
        assert after <= before + 1
    assert len(page.all("main")) == 1


def test_every_table_has_headers_with_their_scope(page: Page):
    assert len(page.all("table")) == len(page.all("thead"))
    assert len(page.all("th")) >= len(page.all("table"))
    assert all(header.get("scope") in ("col", "row") for header in page.all("th"))
    assert all(image.get("alt") is not None for image in page.all("img"))
    assert len(page.all("summary")) == len(page.all("details"))


def test_every_link_says_where_it_goes_and_goes_somewhere(anyone: Caller, page: Page):
    links = page.all("a")
    assert links
    assert len(page.texts["a"]) == len(links)
    for link in links:
        assert anyone.app.url_map.bind("x").test(urljoin("/docs", link["href"]), "GET")


def test_the_page_shows_every_call(anyone: Caller, page: Page):
    shown = len(page.all("details"))
    assert shown == len(list(operations(document(anyone))))
