"""The seam where another voice than the words' is added to the sum."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.index import Document, Index
from services.discovery.index.arrays import Floats
from services.discovery.index.voice import RELATED, SEARCH, Usual, blend


class Taste:
    """Likes what it was told to like; has no opinion on the rest."""

    weight = 1.0

    def __init__(self, **likes: float) -> None:
        self.likes = likes
        self.slots: dict[int, str] = {}

    def hear(self) -> "Taste":
        return self

    def publish(self) -> None:
        pass

    def place(self, slot: int, document: Document | None) -> None:
        self.slots.pop(slot, None)
        if document:
            self.slots[slot] = document.id

    def likeness(self, asked: Document, size: int) -> Floats:
        assert asked.domain
        scores = np.full(size, np.nan)
        for slot, name in self.slots.items():
            scores[slot] = self.likes.get(name, np.nan)
        return scores

    def among(self, slots: Sequence[int]) -> Floats:
        return np.full((len(slots), len(slots)), np.nan)

    def exactly(self, asked: Document, slots: Sequence[int]) -> Floats:
        return self.likeness(asked, max(self.slots) + 1)[list(slots)]


DOCUMENTS = [
    Document(id="asked", name="", domain="falls prevention"),
    Document(id="words", name="", domain="falls prevention"),
    Document(id="meaning", name="", domain="stumbling"),
]


def index_with(taste: Taste) -> Index:
    index = Index(voices=[taste])
    index.put_many(DOCUMENTS)
    return index


def scores(index: Index) -> dict[str, float]:
    return {match.id: match.score for match in index.related("asked")}


def test_the_score_is_the_mean_of_both_voices_by_weight() -> None:
    assert scores(index_with(Taste(words=0.5, meaning=0.8))) == {"words": 0.75, "meaning": 0.4}


def test_a_voice_that_joins_later_speaks_of_those_who_are_there_and_of_those_who_come() -> None:
    index, taste = Index(), Taste(words=0.5, meaning=0.8, later=0.6)
    index.put_many(DOCUMENTS)
    index.remove("meaning")
    index.join(taste)
    index.put(Document(id="later", name="", domain="stumbling"))
    assert scores(index) == {"words": 0.75, "later": 0.3}


def test_where_the_other_voice_is_silent_it_is_taken_to_say_what_it_usually_says() -> None:
    assert scores(index_with(Taste(meaning=0.5))) == {"words": 1.0, "meaning": 0.25}


def test_where_it_is_silent_and_no_word_is_shared_there_is_no_match() -> None:
    assert scores(index_with(Taste(words=0.5))) == {"words": 0.75}


def test_little_likeness_of_meaning_without_a_shared_word_is_no_match() -> None:
    assert scores(index_with(Taste(words=0.5, meaning=0.3))) == {"words": 0.75}


@given(
    words=st.lists(st.floats(0, 1), min_size=2, max_size=8),
    weight=st.floats(0.1, 3),
    usual=st.sampled_from([RELATED, SEARCH]),
)
def test_a_voice_that_is_silent_everywhere_changes_no_order(
    words: list[float], weight: float, usual: Usual
) -> None:
    alone = np.array(words)
    blended = blend(alone, [(weight, np.full(len(words), np.nan))], usual)
    assert ((blended >= 0) & (blended <= 1)).all()
    for first in range(len(words)):
        for second in range(len(words)):
            if alone[first] > alone[second]:
                assert blended[first] >= blended[second]


@given(words=st.floats(0, 1), said=st.floats(0, 1), weight=st.floats(0, 3))
def test_a_blend_is_between_what_the_voices_say(words: float, said: float, weight: float) -> None:
    (score,) = blend(np.array([words]), [(weight, np.array([said]))], RELATED)
    assert min(words, said) - 1e-9 <= score <= max(words, said) + 1e-9


def test_what_only_the_other_voice_finds_is_alike_in_meaning_in_other_words() -> None:
    found = index_with(Taste(meaning=0.9)).related("asked")
    assert {match.id: match.reasons for match in found}["meaning"] == (
        "Much alike in meaning, in other words",
    )


def test_where_the_words_explain_it_likeness_of_meaning_is_no_reason() -> None:
    found = index_with(Taste(words=0.9)).related("asked")
    assert [match.reasons for match in found] == [("Both about falls prevention",)]


def test_a_match_tells_whether_another_voice_had_a_part_in_it() -> None:
    found = index_with(Taste(meaning=0.9)).related("asked")
    assert {match.id: match.meaning for match in found} == {"words": False, "meaning": True}


def test_the_other_voice_hears_who_stands_where() -> None:
    taste = Taste(guest=1.0)
    index = index_with(taste)
    index.remove("meaning")
    index.put(Document(id="guest", name="", domain="tumbling"))
    assert scores(index) == {"words": 1.0, "guest": 0.5}


def test_a_search_hears_the_other_voice_about_what_it_found() -> None:
    quiet, loud = index_with(Taste()), index_with(Taste(asked=0.0, words=1.0))
    assert [m.id for m in quiet.search("falls").matches] == ["asked", "words"]
    assert [m.id for m in loud.search("falls").matches] == ["words", "asked"]


def test_a_second_voice_is_as_loud_as_its_weight() -> None:
    taste = Taste(words=0.0)
    taste.weight = 3.0
    assert scores(index_with(taste)) == {"words": pytest.approx(0.25)}


def searched(text: str, **likes: float) -> list[str]:
    return [match.id for match in index_with(Taste(**likes)).search(text).matches]


@pytest.mark.parametrize("text", ["the", "we are", "\N{PARTY POPPER}", "!?", "日本語", "1234"])
def test_where_no_word_says_anything_meaning_alone_must_be_very_strong(text: str) -> None:
    assert searched(text, words=0.55, meaning=0.7) == ["meaning"]
    assert searched(text, words=0.55) == []


def test_where_nobody_uses_the_words_meaning_alone_must_be_strong() -> None:
    assert searched("geriatrics", words=0.38, meaning=0.45) == ["meaning"]


def test_where_a_word_is_in_use_likeness_of_meaning_finds_others_beside_it() -> None:
    assert "meaning" in searched("falls", meaning=0.38)


def test_what_says_nothing_has_nothing_near_it_in_meaning() -> None:
    near = index_with(Taste(words=0.5)).search("日本語").near
    assert near
    assert near.communities == ()


def test_a_word_in_a_script_that_a_community_uses_is_a_word_like_any_other() -> None:
    index = index_with(Taste())
    index.put(Document(id="japanese", name="", domain="日本語"))
    assert [match.id for match in index.search("日本語").matches] == ["japanese"]
