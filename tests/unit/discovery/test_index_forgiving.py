"""Search that forgives: acronyms, beginnings of words, typing errors; and what is near nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.index import Document, Index
from services.discovery.index.acronyms import Acronyms
from services.discovery.index.spelling import Vocabulary, typing_errors

LUNGS = "Living with chronic obstructive pulmonary disease"
WORDS = st.text("abcde", min_size=0, max_size=8)


def about(name: str, domain: str, **more: object) -> Document:
    return Document(id=name, name="", domain=domain, **more)  # type: ignore[arg-type]


def index_of(**domains: str) -> Index:
    index = Index()
    index.put_many(about(name, domain) for name, domain in domains.items())
    return index


def found(index: Index, text: str) -> list[str]:
    return [match.id for match in index.search(text).matches]


@pytest.mark.parametrize("asked", ["COPD", "copd", "chronic obstructive pulmonary disease"])
def test_an_acronym_that_everyone_uses_finds_its_words_and_they_find_it(asked: str) -> None:
    index = index_of(short="A COPD network", long=LUNGS, other="Baking bread")
    assert set(found(index, asked)) == {"short", "long"}


def test_an_acronym_is_learned_from_where_it_is_explained() -> None:
    index = index_of(
        told="The Wandering Gardeners Forum (WGF) meets here",
        long="For every wandering gardeners forum",
        other="Baking bread",
    )
    assert set(found(index, "WGF")) == {"told", "long"}


def test_an_acronym_is_learned_from_words_in_brackets_too() -> None:
    index = index_of(told="Our WGF (wandering gardeners forum)", long="wandering gardeners forum")
    assert set(found(index, "wgf")) == {"told", "long"}


def test_what_is_no_longer_explained_is_no_longer_known() -> None:
    index = index_of(told="wandering gardeners forum (WGF)", long="wandering gardeners forum")
    index.put(about("told", "bread (WGF)"))
    assert found(index, "WGF") == ["told"]


@pytest.mark.parametrize(
    ("text", "acronym", "meaning"),
    [
        ("quality of care and outcomes (QCO)", "QCO", "quality of care and outcomes"),
        ("the community of practice (CoP)", "CoP", "community of practice"),
        ("our integrated care boards (ICBs)", "ICB", "integrated care boards"),
        ("bread and butter (XYZ)", "XYZ", None),
        ("meets in London (UK)", "UK", None),
    ],
)
def test_only_initials_of_the_words_before_explain_an_acronym(
    text: str, acronym: str, meaning: str | None
) -> None:
    acronyms = Acronyms()
    acronyms.learn(about("a", text))
    assert (meaning in acronyms.meanings(acronym)) == (meaning is not None)
    if meaning is None:
        assert acronyms.meanings(acronym) == []


def test_a_word_of_everyday_is_an_acronym_only_in_capitals() -> None:
    index = index_of(ms="People with multiple sclerosis", who="The people who bake")
    assert found(index, "MS") == ["ms"]
    assert found(index, "ms") == []


def test_the_answer_says_what_else_was_looked_for() -> None:
    index = index_of(long=LUNGS)
    assert index.search("COPD").also == ("chronic obstructive pulmonary disease",)


@pytest.mark.parametrize("typed", ["dement", "Dementi", "dementai", "demntia", "deementia"])
def test_the_beginning_of_a_word_and_one_typing_error_find_it(typed: str) -> None:
    index = index_of(a="Living with dementia", b="Baking bread")
    result = index.search(typed)
    assert [match.id for match in result.matches] == ["a"]
    assert [(c.typed, c.read_as) for c in result.corrected] == [(typed, "dementia")]


@pytest.mark.parametrize(("typed", "read_as"), [("fallls", "falls"), ("homez", "homes")])
def test_a_word_that_is_read_otherwise_is_shown_as_most_people_write_it(
    typed: str, read_as: str
) -> None:
    index = index_of(a="Preventing falls in care homes", b="A fall at home", c="Falls and homes")
    assert [(c.typed, c.read_as) for c in index.search(typed).corrected] == [(typed, read_as)]


def test_two_errors_are_forgiven_in_a_long_word_only() -> None:
    index = index_of(a="physiotherapy", b="asthma")
    assert found(index, "phisiotherpy") == ["a"]
    assert found(index, "azthna") == []


def test_a_short_word_is_taken_by_the_letter() -> None:
    assert found(index_of(a="pain", b="gain"), "bain") == []


def test_a_word_that_is_known_is_read_as_it_is() -> None:
    index = index_of(a="foster carers", b="poster designers", c="poster printers")
    result = index.search("foster")
    assert [match.id for match in result.matches] == ["a"]
    assert result.corrected == ()


def test_a_rare_error_in_the_texts_does_not_hide_the_right_word() -> None:
    index = index_of(wrong="dementai", **{f"right{n}": f"dementia {n}" for n in range(12)})
    assert len(index.search("dementai", limit=20).matches) == 13


def test_highlights_say_where_the_words_stand() -> None:
    index = Index()
    index.put(about("a", "We bake. " * 40 + "Preventing falls in care homes.", topics=("Falls",)))
    (match,) = index.search("falls in homes").matches
    marked = {h.field: [h.text[a:b] for a, b in h.matches] for h in match.highlights}
    assert marked == {"topics": ["Falls"], "domain": ["falls", "homes"]}


@given(
    st.lists(st.sampled_from(["falls", "care", "homes", "x" * 300, "Ünder", "and"]), max_size=60)
)
def test_every_mark_is_on_a_word_that_was_asked_for(words: list[str]) -> None:
    index = index_of(a=" ".join(words))
    for match in index.search("falls homes").matches:
        assert match.highlights
        for highlight in match.highlights:
            assert highlight.text in " ".join(words)
            assert {highlight.text[a:b] for a, b in highlight.matches} <= {"falls", "homes"}


def test_an_empty_result_names_words_that_are_near() -> None:
    near = index_of(a="asthma and eczema").search("azthna").near
    assert near
    assert near.words == ("asthma",)
    assert near.sentence == "Nobody writes of this. Words near it: asthma."


def test_an_empty_result_by_the_filters_says_so() -> None:
    index = Index()
    index.put(about("a", "falls", region="Wessex"))
    near = index.search("falls", filters={"region": ["Yorkshire"]}).near
    assert near
    assert near.sentence == "Nothing has these filters; without them there is more: 1."


def test_an_empty_result_near_nothing_says_what_to_try() -> None:
    near = index_of(a="falls").search("qqqqqqqqqq").near
    assert near
    assert (near.words, near.communities) == ((), ())
    assert "Try fewer or other words" in near.sentence


def test_a_result_that_is_not_empty_needs_nothing_near() -> None:
    assert index_of(a="falls").search("falls").near is None


@given(WORDS, WORDS)
def test_errors_are_the_same_either_way_round(one: str, other: str) -> None:
    assert typing_errors(one, other, 3) == typing_errors(other, one, 3)
    assert (typing_errors(one, other, 3) == 0) == (one == other)


@given(st.text("abcdefghij", min_size=5, max_size=12), st.data())
def test_a_word_with_one_letter_changed_is_always_found_again(
    word: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("xyz"))
    vocabulary = Vocabulary()
    vocabulary.follow([word, "unlike"])
    typed = word[:place] + letter + word[place + 1 :]
    assert 0 in vocabulary.nearly(typed, len(typed), np.array([1, 1], np.int32))


@given(st.lists(st.text("abé", min_size=1, max_size=12), max_size=30), st.text("abé", max_size=10))
def test_what_begins_with_some_letters_is_found_by_them(words: list[str], prefix: str) -> None:
    words = sorted(set(words))
    vocabulary = Vocabulary()
    vocabulary.follow(words)
    used = np.ones(len(words), np.int32)
    found = {words[n] for n in vocabulary.beginning_with(prefix, used)}
    assert found == {w for w in words if w.startswith(prefix) and w != prefix}
