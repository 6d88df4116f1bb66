"""How well the ranking does by what use has judged."""

import pytest

from services.discovery.evaluation import evaluate, mean, share
from services.discovery.index import Document, Index
from services.discovery.index.levels import Level

DOCUMENTS = [
    Document(id="a", name="", domain="falls prevention in care homes"),
    Document(id="b", name="", domain="falls prevention in care homes, and sleep"),
    Document(id="c", name="", domain="bread and the baking of bread"),
    Document(id="d", name="", domain="sleep"),
]


@pytest.fixture
def index() -> Index:
    made = Index()
    made.put_many(DOCUMENTS)
    return made


def test_what_is_linked_and_shown_first_counts_in_full(index: Index) -> None:
    found = evaluate(index, [("a", "b", 3), ("b", "a", 3)])
    assert (found.labels, found.ndcg.value, found.ndcg.of) == (2, 1.0, 2)
    assert found.right[Level.CLOSE].value == 1.0


def test_what_was_found_not_useful_counts_against_its_level(index: Index) -> None:
    found = evaluate(index, [("a", "b", 0), ("a", "c", 2)])
    assert found.ndcg.value == 0.0
    assert found.right[Level.CLOSE].value == 0.0
    assert found.right[Level.NEAREST].value == 1.0


def test_those_who_are_gone_are_left_out_and_nothing_is_judged_then(index: Index) -> None:
    found = evaluate(index, [("a", "gone", 3), ("gone", "a", 3)])
    assert found.labels == 0
    assert found.ndcg.value is None
    assert all(part.value is None for part in found.right.values())


def test_an_interval_is_wide_for_few_and_narrow_for_many() -> None:
    few, many = share(4, 5), share(400, 500)
    assert few.value == many.value == 0.8
    assert (few.low, few.high) == (pytest.approx(0.3755, abs=1e-3), pytest.approx(0.9638, abs=1e-3))
    assert (many.low, many.high) == (
        pytest.approx(0.7627, abs=1e-3),
        pytest.approx(0.8327, abs=1e-3),
    )


def test_the_interval_of_a_mean_holds_it_and_is_the_same_each_time() -> None:
    values = [0.0, 0.5, 1.0] * 20
    found = mean(values)
    assert found == mean(values)
    assert found.value == 0.5
    assert found.low is not None
    assert found.high is not None
    assert 0.35 < found.low < 0.5 < found.high < 0.65
