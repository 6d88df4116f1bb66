"""What was published may only grow."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract import publish

BEFORE: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "stage": {"type": "string", "enum": ["potential", "maturing"]},
        "names": {
            "type": "array",
            "items": {"type": "object", "properties": {"begins": {"type": "string"}}},
        },
    },
}


def changed(*path: str, to: Any = None) -> Any:
    """The schema with what is at the path replaced, or taken away where `to` is None."""
    schema = copy.deepcopy(BEFORE)
    place = schema
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return schema


def test_what_was_published_is_still_so():
    assert publish.broken(publish.published(), publish.present()) == []


def test_all_schemas_are_published():
    """A new type, version or optional field: python -m tests.contract.publish"""
    assert publish.present() == publish.published()


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (changed("properties", "stage"), "the event.stage is gone"),
        (changed("properties", "names", "items", "properties", "begins"), "begins is gone"),
        (changed("properties", "name", "type", to="integer"), "type was 'string'"),
        (changed("properties", "name", "maxLength", to=9), "maxLength was None"),
        (changed("properties", "name", "type", to=["string", "null"]), "type was 'string'"),
        (changed("properties", "stage", "enum", to=["potential"]), "enum was"),
        (changed("properties", "stage", "enum", to=["potential", "maturing", "x"]), "enum was"),
        (changed("properties", "names", "items", "type", to="string"), "names[]: type was"),
        (changed("properties", "names", "items", to={"type": "string"}), "names[].begins is gone"),
        (changed("properties", "names", "items"), "names[] was"),
        (changed("required", to=["name", "stage"]), "the event.stage is newly required"),
        (changed("required"), "the event.name may now be missing"),
        (changed("additionalProperties", to=False), "additionalProperties was None"),
        (changed("type", to="array"), "type was 'object'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_that_could_break_a_subscriber_is_noticed(now: Any, why: str):
    assert any(why in sentence for sentence in publish.breaks(BEFORE, now))


@pytest.mark.parametrize(
    "now",
    [
        BEFORE,
        changed("properties", "url", to={"type": "string"}),
        changed("properties", "names", "items", "properties", "ends", to={"type": "string"}),
    ],
    ids=["nothing", "an optional field", "an optional field of an entry"],
)
def test_an_optional_field_may_be_added(now: Any):
    assert publish.breaks(BEFORE, now) == []


def test_words_for_people_may_change_but_a_field_that_is_named_like_them_may_not_go():
    said = BEFORE | {"title": "New", "description": "Other words"}
    assert publish.meaning(said) == publish.meaning(BEFORE)
    titled = changed("properties", "title", to={"type": "string"})
    assert publish.breaks(publish.meaning(titled), publish.meaning(BEFORE))


def test_a_schema_that_is_gone_is_noticed():
    assert publish.broken({"a.b.c.1": BEFORE}, {}) == ["a.b.c.1: its schema is gone"]


def test_publishing_adds_what_is_new_and_refuses_what_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(publish, "PUBLISHED", tmp_path / "published.json")
    key, schema = next(iter(publish.present().items()))
    publish.PUBLISHED.write_text(json.dumps({key: schema}))
    assert publish.main() == 0
    assert publish.published() == publish.present()
    publish.PUBLISHED.write_text(json.dumps({"registry.gone.away.1": BEFORE}))
    assert publish.main() == 1
    assert "registry.gone.away.1: its schema is gone" in capsys.readouterr().out
    assert list(publish.published()) == ["registry.gone.away.1"]
