"""Texts made uniform, and errors told field by field."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.errors import flatten
from shared.web.fields import uniform, without_control_characters


def test_a_text_is_composed_and_trimmed():
    assert uniform("  Cafe\u0301  ", lines=False) == "Café"
    assert (
        uniform("Falls   prevention\u00a0 in\u2003care", lines=False) == "Falls prevention in care"
    )
    assert uniform("", lines=False) == uniform("   ", lines=True) == ""


def test_a_longer_text_keeps_its_lines():
    assert uniform(" One\r\n\r\n  two\tthree \n", lines=True) == "One\n\n  two\tthree"
    with pytest.raises(ValueError, match="must be one line"):
        uniform("One\ntwo", lines=False)
    with pytest.raises(ValueError, match="must be one line"):
        uniform("One\ttwo", lines=False)


@pytest.mark.parametrize(
    ("character", "named"),
    [
        *(("\0", "U+0000"), ("\x1b", "U+001B"), ("\x7f", "U+007F"), ("\x85", "U+0085")),
        *(("\ud800", "U+D800"), ("\r", "U+000D"), ("\x0b", "U+000B"), ("\x9f", "U+009F")),
    ],
)
@pytest.mark.parametrize("lines", [True, False])
def test_a_control_character_is_refused_by_name(character: str, named: str, lines: bool):
    with pytest.raises(ValueError, match=named.replace("+", r"\+")):
        uniform(f"Falls{character}prevention", lines=lines)


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\ufeff"])
def test_what_shows_a_text_in_another_order_is_refused(character: str):
    with pytest.raises(ValueError, match="direction"):
        uniform(f"Falls{character}prevention", lines=True)


def test_words_of_any_script_are_taken():
    for text in ("Iechyd a gofal", "صحت", "健康", "Ħ", "🌿 hedges", "a\u200db"):
        assert uniform(text, lines=False) == unicodedata.normalize("NFC", text)


@given(st.text(), st.booleans())
def test_what_was_made_uniform_is_uniform(text: str, lines: bool):
    clean = without_control_characters(text)
    once = uniform(clean, lines=lines)
    assert uniform(once, lines=lines) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()


@given(st.text(alphabet=st.characters()))
def test_what_comes_from_a_list_can_always_be_taken(text: str):
    clean = without_control_characters(text)
    uniform(clean, lines=False)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in clean)


def test_errors_are_told_by_field():
    assert flatten(
        {
            "name": ["is required"],
            "query": ["is a field like any other"],
            "topics": {0: ["must be text"], 3: ["must not be empty", "is odd"]},
            "sponsor": {"email": ["is no address"], "_schema": ["is odd"]},
            "_schema": ["must be a JSON object"],
        }
    ) == {
        "name": ["is required"],
        "query": ["is a field like any other"],
        "topics.0": ["must be text"],
        "topics.3": ["must not be empty", "is odd"],
        "sponsor.email": ["is no address"],
        "sponsor": ["is odd"],
        "": ["must be a JSON object"],
    }


def test_one_message_alone_is_one_error():
    assert flatten("is odd") == {"": ["is odd"]}
    assert flatten(["is odd"]) == {"": ["is odd"]}
    assert flatten({}) == {}
