"""Cursors of lists: opaque, and good for the list that gave them alone."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.errors import Problem
from shared.web.paging import decode_cursor, encode_cursor

# What a database can hold: no NUL, no half of a surrogate pair.
keys = st.lists(
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=4
)


@given(st.text(alphabet="abcdefgh_-", max_size=10), keys)
def test_a_cursor_is_read_as_it_was_written(order: str, key: list[str]):
    text = encode_cursor(order, key)
    assert decode_cursor(text, order, len(key)) == tuple(key)
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in text)


@given(keys, st.integers(0, 4))
def test_a_cursor_of_another_list_is_refused(key: list[str], length: int):
    text = encode_cursor("name", key)
    with pytest.raises(Problem, match="another order"):
        decode_cursor(text, "-name", len(key))
    if length != len(key):
        with pytest.raises(Problem, match="another order"):
            decode_cursor(text, "name", length)


def written(raw: str) -> str:
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "!!!!", "ü", "WyJuYW1lIl0=extra", " ", "\0", "a" * 100_001),
        *(written(raw) for raw in ("name", "{}", "null", '["name"', '["name", 5]', "[]")),
        *(written(raw) for raw in ('["name", null]', '["name", ["x"]]', '["name", "\\u0000"]')),
        written('["name", "\\ud800"]'),
    ],
)
def test_what_is_no_cursor_is_a_problem_of_the_callers(text: str):
    with pytest.raises(Problem) as refused:
        decode_cursor(text, "name", 1)
    assert refused.value.status == 422
    assert refused.value.errors.keys() == {"cursor"}


@given(st.text(max_size=200))
def test_nothing_that_a_caller_sends_is_a_crash(text: str):
    with pytest.raises(Problem):
        decode_cursor(text, "name", 1)
