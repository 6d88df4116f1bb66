"""Vectors in memory, and the voice that speaks from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.index import Document, Index
from services.discovery.meaning.store import Stored
from services.discovery.meaning.text import key_of, text_of
from services.discovery.meaning.vectors import Vectors, singles
from services.discovery.meaning.voice import MeaningVoice

DIMENSIONS = 100  # no whole number of machine words


def unit(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)
    return vector / np.linalg.norm(vector)


class Made:
    """Makes a vector of a text from its letters."""

    name, id, dimensions = "letters", "1", DIMENSIONS

    def vector(self, text: str) -> np.ndarray:
        return unit(sum(text.encode()))


def stored(text: str) -> Stored:
    return Stored(key_of(text), Made().vector(text))


def about(name: str, domain: str) -> Document:
    return Document(id=name, name="", domain=domain)


@given(seeds=st.lists(st.integers(0, 50), max_size=40), batches=st.integers(1, 5))
def test_every_vector_is_found_where_it_was_put(seeds: list[int], batches: int) -> None:
    vectors = Vectors(DIMENSIONS)
    for start in range(batches):
        vectors.add(Stored(str(seed), unit(seed)) for seed in seeds[start::batches])
    assert vectors.rows.used == len({*seeds})
    for seed in seeds:
        row = vectors.place(str(seed))
        cosines = vectors.rows.exactly(unit(seed), np.arange(vectors.rows.used, dtype=np.int32))
        assert cosines[row] == pytest.approx(1.0, abs=0.002)
        assert vectors.rows.roughly(unit(seed))[row] == pytest.approx(1.0, abs=0.02)


def test_the_rough_cosine_is_about_the_exact_one() -> None:
    vectors = Vectors(DIMENSIONS)
    vectors.add([Stored("a", unit(0))])
    errors = []
    for seed in range(1, 500):
        mixed = unit(0) * (seed % 10) / 5 + unit(seed)
        mixed /= np.linalg.norm(mixed)
        (exact,) = vectors.rows.exactly(mixed, np.array([0], np.int32))
        errors.append(vectors.rows.roughly(mixed)[0] - exact)
    assert abs(np.mean(errors)) < 0.03
    assert np.mean(np.abs(errors)) < 0.12


def test_who_reads_goes_on_with_the_rows_it_took() -> None:
    vectors = Vectors(DIMENSIONS)
    vectors.add([Stored("a", unit(1))])
    before = vectors.rows
    vectors.add(Stored(str(n), unit(n)) for n in range(2, 50))
    assert before.used == len(before.roughly(unit(1))) == 1


def test_a_vector_of_other_dimensions_is_left_out() -> None:
    vectors = Vectors(DIMENSIONS)
    assert vectors.add([Stored("a", unit(1)[:-1]), Stored("b", unit(2))]) == ["b"]


def test_a_community_is_heard_when_its_vector_was_learnt_and_published() -> None:
    vectors = Vectors(DIMENSIONS)
    voice = MeaningVoice(vectors, Made())  # type: ignore[arg-type]
    index = Index(voices=[voice])
    index.put_many([about("a", "abc"), about("b", "cab"), about("c", "zzz")])
    assert (voice.missing, index.related("a")) == (3, [])
    voice.learn(vectors.add([stored("abc"), stored("cab"), stored("zzz")]))
    assert index.related("a") == []
    index.refresh()
    assert voice.missing == 0
    assert [match.id for match in index.related("a")] == ["b"]


@pytest.mark.parametrize("learnt", [(), ("falls at night",), ("falls at night", "falls by day")])
def test_words_are_answered_by_while_vectors_are_still_made(learnt: tuple[str, ...]) -> None:
    vectors = Vectors(DIMENSIONS)
    voice = MeaningVoice(vectors, Made())  # type: ignore[arg-type]
    index = Index(voices=[voice])
    index.put_many([about("a", "falls at night"), about("b", "falls by day"), about("c", "frost")])
    voice.learn(vectors.add([stored(text) for text in learnt]))
    index.refresh()
    assert [match.id for match in index.related("a")] == ["b"]
    assert {match.id for match in index.search("falls").matches} == {"a", "b"}


def test_two_communities_of_one_text_share_its_vector() -> None:
    vectors = Vectors(DIMENSIONS)
    voice = MeaningVoice(vectors, Made())  # type: ignore[arg-type]
    index = Index(voices=[voice])
    index.put_many([about("a", "abc"), about("b", "abc")])
    assert voice.missing == 2
    voice.learn(vectors.add([stored("abc")]))
    assert voice.missing == 0


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["x", "xy", "yx", ""]))))
def test_the_voice_misses_exactly_those_whose_text_has_no_vector(
    changes: list[tuple[str, str]],
) -> None:
    vectors = Vectors(DIMENSIONS)
    vectors.add([stored("xy")])
    voice = MeaningVoice(vectors, Made())  # type: ignore[arg-type]
    index = Index(voices=[voice])
    for name, domain in changes:
        index.put(about(name, domain)) if domain else index.remove(name)
    left = [index.get(name) for name in "abcd"]
    assert voice.missing == sum(d is not None and text_of(d) != "xy" for d in left)


@given(numbers=st.lists(st.floats(width=16, allow_nan=False, allow_infinity=False), min_size=1))
def test_half_precision_is_read_as_it_was_written(numbers: list[float]) -> None:
    halves = np.array(numbers, np.float16)
    assert singles(halves).tolist() == halves.astype(np.float32).tolist()


def test_a_vector_that_is_no_number_is_like_nothing() -> None:
    vectors = Vectors(DIMENSIONS)
    broken = np.full(DIMENSIONS, np.nan, np.float32)
    vectors.add([Stored("fine", unit(1)), Stored("broken", broken)])
    assert vectors.rows.exactly(unit(1), np.array([0, 1])).tolist() == pytest.approx(
        [1.0, 0.0], abs=1e-3
    )
