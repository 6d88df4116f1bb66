"""Opaque ids, and links that are signed."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.identifiers import derived_id, is_id, new_id
from shared.settings import Secret
from shared.web.signer import BadLink, SignedLink, sign, verify

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SECRET = Secret("HEDGEROW_SECRET", value="a-secret-of-some-length")


def test_new_ids_are_of_one_form_and_never_the_same():
    ids = {new_id("com") for _ in range(10_000)}
    assert len(ids) == 10_000
    assert all(is_id(found, "com") and len(found) == 24 for found in ids)
    assert all(len({found[place] for found in ids}) == 32 for place in range(4, 24))


def test_the_same_parts_have_the_same_id():
    assert derived_id("com", "appg", "17") == derived_id("com", "appg", "17")
    assert is_id(derived_id("com", "appg", "17"), "com")
    others = [
        *(("appg", "18"), ("app", "g17"), ("appg17",), ("17", "appg"), ("appg", "17", "")),
        *(("",), ("", "")),
    ]
    assert len({derived_id("com", *parts) for parts in others}) == len(others)
    assert derived_id("com", "appg", "17") not in {derived_id("com", *parts) for parts in others}
    assert derived_id("net", "x")[4:] == derived_id("com", "x")[4:]


def test_an_id_derived_once_is_the_same_for_ever():
    """Imported records are found by it: another would import all of them anew."""
    assert derived_id("com", "import", "1") == "com_nv2j28524jqnhrwgtpdx"


@pytest.mark.parametrize(
    "text",
    [
        *("", "com_", "com", "per_00000000000000000000", "com_0000000000000000000"),
        *("com_000000000000000000000", "com_0000000000000000000l", "com_0000000000000000000O"),
        *("COM_00000000000000000000", "com_00000000000000000000\n", "com-00000000000000000000"),
        "com_٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠",
    ],
)
def test_what_is_no_id_of_that_kind_is_none(text: str):
    assert not is_id(text, "com")


def link(**changes: object) -> str:
    given = {
        "secret": SECRET,
        "purpose": "unsubscribe",
        "subject": "per_1",
        "generation": 3,
        "expires": NOW + timedelta(days=1),
    }
    return sign(**(given | changes))  # type: ignore[arg-type]


def test_a_link_says_what_was_signed():
    assert verify(SECRET, "unsubscribe", link(), NOW) == SignedLink(
        "per_1", 3, NOW + timedelta(days=1)
    )
    assert verify(SECRET, "unsubscribe", link(expires=None), NOW) == SignedLink("per_1", 3, None)


def test_a_link_needs_no_quoting_in_an_address():
    assert all(c.isalnum() or c in "-_." for c in link(subject="per_ü/?&"))


def test_a_link_expires():
    until = NOW + timedelta(days=1)
    verify(SECRET, "unsubscribe", link(), until - timedelta(seconds=1))
    with pytest.raises(BadLink, match="has expired"):
        verify(SECRET, "unsubscribe", link(), until)


def test_a_link_for_one_purpose_is_none_for_another():
    with pytest.raises(BadLink, match="not one of ours"):
        verify(SECRET, "sponsor", link(), NOW)


def test_a_link_of_another_secret_is_none():
    other = Secret("HEDGEROW_SECRET", value="another-secret-of-some-length")
    with pytest.raises(BadLink):
        verify(SECRET, "unsubscribe", link(secret=other), NOW)


def test_a_link_holds_while_the_secret_is_being_changed():
    changing = Secret("HEDGEROW_SECRET", value="the-new-secret,a-secret-of-some-length")
    assert verify(changing, "unsubscribe", link(), NOW).subject == "per_1"
    new = link(secret=changing)
    with pytest.raises(BadLink):
        verify(SECRET, "unsubscribe", new, NOW)


def test_a_link_that_was_changed_anywhere_is_none():
    text = link()
    for place, character in enumerate(text):
        changed = text[:place] + ("A" if character != "A" else "B") + text[place + 1 :]
        if place == len(text) - 1:
            continue  # the last character's lowest bits mean nothing
        with pytest.raises(BadLink):
            verify(SECRET, "unsubscribe", changed, NOW)


@pytest.mark.parametrize("text", ["", ".", "a.b", "x" * 100_000, "ü.ü", "W10.x", "\0"])
def test_what_is_no_link_at_all_is_none(text: str):
    with pytest.raises(BadLink):
        verify(SECRET, "unsubscribe", text, NOW)
