"""Why two communities are related, in words as people write them."""

from dataclasses import replace

import pytest

from services.discovery.index import Document, Index


def about(name: str, domain: str, **more: object) -> Document:
    return Document(id=name, name="", domain=domain, **more)  # type: ignore[arg-type]


def reasons(asked: Document, found: Document, *others: Document) -> tuple[str, ...]:
    index = Index()
    index.put_many([asked, found, *others])
    (match,) = index.related(asked, limit=1)
    assert match.id == found.id
    return match.reasons


YOURS = about("yours", "We work on falls prevention in care homes")
THEIRS = about("theirs", "Care homes and falls prevention")


def test_words_next_to_one_another_in_both_are_told_as_a_phrase() -> None:
    assert reasons(YOURS, THEIRS) == ("Both about care homes and falls prevention",)


def test_a_subject_of_four_words_is_told_whole() -> None:
    yours = about("yours", "What works in falls prevention in care homes")
    theirs = about("theirs", "A circle on falls prevention in care homes, and at home")
    assert reasons(yours, theirs) == ("Both about falls prevention in care homes",)


def test_words_apart_in_one_of_them_are_told_apart() -> None:
    theirs = about("theirs", "Sleep, as for frailty")
    assert reasons(about("yours", "Frailty sleep"), theirs) == ("Both about sleep and frailty",)


def test_a_phrase_may_hold_a_linking_word() -> None:
    yours = about("yours", "End of life care at home")
    theirs = about("theirs", "Our end of life care")
    assert reasons(yours, theirs) == ("Both about end of life care",)


def test_words_on_two_sides_of_a_full_stop_are_no_phrase() -> None:
    theirs = about("theirs", "We see frailty. Sleep matters.")
    assert reasons(about("yours", "Frailty sleep"), theirs) == ("Both about sleep and frailty",)


def test_words_are_told_as_the_found_one_writes_them_and_not_as_stems() -> None:
    yours, theirs = about("yours", "Frailty services"), about("theirs", "frailties serviced")
    assert reasons(yours, theirs) == ("Both about frailties serviced",)


def test_of_two_forms_of_a_word_the_one_in_the_name_is_told_and_not_the_shorter() -> None:
    theirs = replace(about("theirs", "We stop every fall"), name="A network for falls")
    assert reasons(about("yours", "falls"), theirs) == ("Both about falls",)
    index = Index()
    index.put(theirs)
    (match,) = index.search("falls in care homes").matches
    assert match.reasons == ("In its name: falls",)


def test_of_two_forms_of_a_word_in_one_text_the_first_is_told() -> None:
    yours, theirs = about("yours", "falls"), about("theirs", "Our falls, and each fall")
    assert reasons(yours, theirs) == ("Both about falls",)


def test_a_capital_that_only_begins_a_sentence_is_not_kept() -> None:
    yours, theirs = about("yours", "Frailty"), about("theirs", "Frailty matters")
    others = [about(f"o{n}", "on frailty") for n in range(3)]
    index = Index()
    index.put_many([yours, theirs, *others])
    match = next(match for match in index.related("yours") if match.id == "theirs")
    assert match.reasons == ("Both about frailty",)


@pytest.mark.parametrize("word", ["COPD", "Parkinson’s", "NHS", "iPad"])
def test_the_capitals_that_people_give_a_word_are_kept(word: str) -> None:
    yours, theirs = about("yours", f"on {word}"), about("theirs", f"with {word}")
    assert reasons(yours, theirs) == (f"Both about {word}",)


def test_a_hyphenated_word_is_told_whole_where_both_have_it_whole() -> None:
    yours, theirs = about("yours", "peer-led groups"), about("theirs", "a peer-led café")
    assert reasons(yours, theirs) == ("Both about peer-led",)


def test_of_a_hyphenated_word_only_the_shared_part_is_told() -> None:
    yours, theirs = about("yours", "peer groups"), about("theirs", "a peer-led café")
    assert reasons(yours, theirs) == ("Both about peer",)


def test_a_word_that_weighs_next_to_nothing_is_not_told() -> None:
    yours = about("yours", "lymphoedema lymphoedema lymphoedema health")
    theirs = about("theirs", "lymphoedema lymphoedema lymphoedema health")
    others = [about(f"o{n}", "health") for n in range(60)]
    assert reasons(yours, theirs, *others)[0] == "Both about lymphoedema"


def test_no_more_than_three_things_are_told() -> None:
    words = "apples, bananas, cherries, damsons, elderberries"
    (line,) = reasons(about("yours", words), about("theirs", words))
    assert line.count(",") == 1
    assert line.count(" and ") == 1


def test_shared_topics_are_told_as_topics() -> None:
    yours = about("yours", "falls", topics=("Frailty", "medication", "sleep"))
    theirs = about("theirs", "bread", topics=("medication", "frailty"))
    assert reasons(yours, theirs) == ("Shared topics: frailty, medication",)


def test_a_topic_is_shared_whatever_its_ending() -> None:
    yours = about("yours", "", topics=("Care Home",))
    theirs = about("theirs", "", topics=("care homes",))
    assert reasons(yours, theirs) == ("Shared topic: care homes",)


def test_a_topic_that_is_also_in_the_texts_is_told_once() -> None:
    yours = about("yours", "frailty of older people", topics=("frailty",))
    theirs = about("theirs", "frailty of sheep, older people", topics=("frailty",))
    assert reasons(yours, theirs) == ("Shared topic: frailty", "Both about older people")


def test_a_topic_of_stop_words_is_not_told() -> None:
    yours = about("yours", "falls", topics=("other",))
    theirs = about("theirs", "falls", topics=("other",))
    assert reasons(yours, theirs) == ("Both about falls",)


@pytest.mark.parametrize("theirs", ["Wessex", "Yorkshire", ""])
def test_where_and_by_whom_are_facts_and_no_reasons(theirs: str) -> None:
    told = reasons(
        replace(YOURS, region="Wessex", networks=("net_w",), sectors=("charity",)),
        replace(THEIRS, region=theirs, networks=("net_w", "net_y"), sectors=("charity",)),
    )
    assert told == ("Both about care homes and falls prevention",)


def test_where_and_by_whom_is_no_reason_to_be_related() -> None:
    index = Index()
    index.put(about("a", "falls", region="Wessex", networks=("net_w",)))
    index.put(about("b", "bread", region="Wessex", networks=("net_w",)))
    assert index.related("a") == []


def test_words_of_everyday_are_never_told_alone() -> None:
    yours = about("yours", "Going home with care, and keeping hold of good ways to meet, 3 in 10")
    theirs = about("theirs", "We keep meeting at home, going 3 ways, holding with care for 10")
    assert reasons(yours, theirs) == ("Only everyday words in common",)


def test_words_of_everyday_are_left_out_beside_a_subject() -> None:
    yours = about("yours", "Keeping going with lymphoedema at home")
    theirs = about("theirs", "Going home, and keeping lymphoedema in care")
    assert reasons(yours, theirs) == ("Both about lymphoedema",)


def test_what_very_many_have_is_no_subject_of_two_of_them() -> None:
    yours, theirs = about("yours", "frailty"), about("theirs", "frailty")
    others = [about(f"o{n}", "frailty" if n < 20 else "bread") for n in range(40)]
    index = Index()
    index.put_many([yours, theirs, *others])
    match = next(match for match in index.related("yours", limit=60) if match.id == "theirs")
    assert match.reasons == ("Only everyday words in common",)


def test_words_of_the_field_say_something_side_by_side() -> None:
    assert reasons(about("yours", "social care"), about("theirs", "our social care")) == (
        "Both about social care",
    )


def test_a_search_for_a_word_of_everyday_is_told_where_it_stands() -> None:
    index = Index()
    index.put_many([about("a", "care at home"), about("b", "care for lymphoedema")])
    assert [m.reasons for m in index.search("care").matches] == [("Mentions: care",)] * 2
    first, second = index.search("lymphoedema care").matches
    assert first.reasons == ("Mentions: lymphoedema",)
    assert second.reasons == ("Has only “care” of it",)
