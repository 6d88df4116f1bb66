"""One key for names: however people write a name, it is one; other names stay others."""

import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shared.foundation.names import distinct_names, name_key

APOSTROPHES = "'’‘‛ʼʹ′`´＇՚"
DASHES = "-‐‑‒–—―−﹣－⁃"
SPACES = [" ", "  ", "\t", "\u00a0", "\u2009", "\u202f", "\u3000", " \n "]
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u202c\u034f\ufe0f\u2063\u061c\u180e"
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
words = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=6)
names = st.lists(words, min_size=1, max_size=4)


@given(anything)
@example("İstanbul")
@example("ŉ")
@example("´ͅ")
def test_the_key_of_a_key_is_itself(name: str):
    assert name_key(name_key(name)) == name_key(name)


@given(anything, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
@example("St John´s", "NFKD")
def test_every_unicode_form_is_one_name(name: str, form: str):
    assume(not set(name) & set("´΄῾᾿᾽˜˝"))  # decomposed, these are a space and an accent
    assert name_key(unicodedata.normalize(form, name)) == name_key(name)


@given(st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "Zs"]), max_size=20))
def test_capital_and_small_letters_are_one_name(name: str):
    assert name_key(name.upper()) == name_key(name) == name_key(name.lower())


@given(names, st.data())
def test_apostrophes_dashes_and_spaces_of_any_kind_are_one_name(parts: list[str], data):
    plain = other = parts[0]
    for part in parts[1:]:
        kind = data.draw(st.sampled_from(["'", "-", " "]))
        plain += kind + part
        other += data.draw(st.sampled_from({"'": APOSTROPHES, "-": DASHES, " ": SPACES}[kind]))
        other += part
    assert name_key(other) == name_key(plain)


@given(names, st.data())
def test_what_cannot_be_seen_does_not_count(parts: list[str], data):
    plain = " ".join(parts)
    at = data.draw(st.lists(st.integers(0, len(plain)), max_size=4))
    other = plain
    for place in sorted(at, reverse=True):
        other = other[:place] + data.draw(st.sampled_from(INVISIBLE)) + other[place:]
    assert name_key(other) == name_key(plain)


@given(names, names)
def test_names_of_other_words_are_other_names(one: list[str], other: list[str]):
    assume(one != other)
    assert name_key(" ".join(one)) != name_key(" ".join(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St John's Network", "ST. JOHN’S NETWORK".replace(".", "")),
        ("King`s Health Partners", "King\u02bcs health partners"),
        ("Nottingham — Derby", "Nottingham-Derby"),
        ("Nottingham -- Derby", "Nottingham–Derby"),
        ("“Warm” homes", '"Warm" homes'),
        ("Health & Care", "health and care"),
        ("Health ＆ Care", "Health&Care"),
        ("Zu\u0308rich", "ZÜRICH"),
        ("Łódź", "lodz"),
        ("Straße", "STRASSE"),
        ("Θεσσαλονίκη", "ΘΕΣΣΑΛΟΝΙΚΗ"),
        ("Isparta", "ısparta"),
        ("ＮＨＳ", "nhs"),
        ("Ward ４", "ward 4"),
        ("A/B", "A⁄B"),
    ],
)
def test_two_ways_to_write_one_name(one: str, other: str):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St John's", "St John"),
        ("St John's", "St Johns"),
        ("Ward 4", "Ward 44"),
        ("North-West", "Northwest"),
        ("ばば", "はは"),  # the marks are no accents here
        ("Йод", "Иод"),
        ("कि", "क"),
        ("A/B", "A|B"),
        ("東京", "京都"),
    ],
)
def test_two_names(one: str, other: str):
    assert name_key(one) != name_key(other)


@given(anything.filter(lambda name: any(c.isalnum() for c in name)))
def test_a_name_that_says_something_has_a_key(name: str):
    assert name_key(name)


def test_distinct_names_keeps_what_was_first_written():
    assert distinct_names(["St John’s", "Falls", "st john's", "FALLS "]) == ("St John’s", "Falls")
