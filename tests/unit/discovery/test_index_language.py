"""How texts become words that can be compared."""

import pytest

from services.discovery.index.bag import FIELD_WEIGHTS, bag
from services.discovery.index.document import Document
from services.discovery.index.language import word


def stems(text: str) -> set[str]:
    return set(bag(Document(id="a", name="", domain=text)).weights)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("falls", "fall"),
        ("caring for carers", "CARERS CARING"),
        ("café", "cafe"),
        ("re\u0301sume\u0301s", "résumés"),
        ("Parkinson's", "Parkinson’s"),
        ("women's", "women"),
        ("O'Brien", "OBrien"),
        ("ﬁnance", "finance"),
        ("the falls of the year", "falls year"),
        ("don’t", ""),
        ("Straße", "STRASSE"),
    ],
)
def test_people_write_the_same_word_in_two_ways(one: str, other: str) -> None:
    assert stems(one) == stems(other)


def test_a_hyphenated_word_counts_whole_and_by_its_parts() -> None:
    assert stems("e-health") == stems("ehealth e health")


def test_a_stop_word_within_a_hyphenated_word_says_nothing_by_itself() -> None:
    assert word("follow-up").stems == ("follow", "followup")


def test_numbers_are_kept() -> None:
    assert stems("COVID-19 in 2021") == {"covid", "19", "covid19", "2021"}


def test_other_alphabets_are_words_too() -> None:
    assert stems("Здоровье 健康") == {"здоровье", "健康"}


def test_a_text_without_words_has_none() -> None:
    assert stems("— … &amp;"[:3]) == set()


def test_every_field_that_counts_is_read() -> None:
    document = Document(
        id="a",
        name="apple",
        domain="banana",
        topics=("cherry",),
        practice="damson",
        learning_question="elder",
    )
    assert len(bag(document).weights) == len(FIELD_WEIGHTS) == 5


def test_a_word_counts_more_in_a_name_than_in_a_domain() -> None:
    weights = bag(Document(id="a", name="falls", domain="frailty")).weights
    assert weights["fall"] > weights["frailti"]


def test_a_word_said_again_counts_more_but_less_each_time() -> None:
    once, twice, thrice = (
        bag(Document(id="a", name="", domain="falls " * times)).weights["fall"]
        for times in (1, 2, 3)
    )
    assert once < twice < thrice
    assert thrice - twice < twice - once


def test_a_word_said_a_thousand_times_still_has_a_weight() -> None:
    often = bag(Document(id="a", name="", domain="falls " * 1000)).weights["fall"]
    assert 5 < often < 10
