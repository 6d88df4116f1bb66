"""Search knows what people mean: acronyms in capitals, letters, spellings, what nobody sees."""

import pytest

from services.discovery.index import Document, Index
from services.discovery.index.language import stem, word
from services.discovery.index.spellings import one_spelling


def index_of(**domains: str) -> Index:
    index = Index()
    index.put_many(Document(id=i, name="", domain=text) for i, text in domains.items())
    return index


def found(index: Index, text: str) -> set[str]:
    return {match.id for match in index.search(text).matches}


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("IT", "IT support in general practice"),
        ("IT", "Information technology for wards"),
        ("I.T.", "Our IT systems"),
        ("information technology", "The IT of small hospitals"),
        ("WHO", "We follow WHO guidance"),
        ("WHO", "The World Health Organization’s checklist"),
        ("W.H.O.", "The WHO's checklist"),
        ("WHO guidance", "Guidance of the WHO"),
        ("US", "A partnership with US hospitals"),
        ("IT-led", "An IT-led redesign"),
        ("A&E", "Crowding in A&E"),
        ("A & E", "Crowding in A&E departments"),
        ("a and e", "Crowding in A&E"),
        ("a&e", "Accident and emergency nursing"),
        ("A&E", "Emergency departments under pressure"),
        ("accident & emergency", "Crowding in A&E"),
        ("emergency department", "Accident and emergency nursing"),
        ("R&D", "Research and development offices"),
        ("R and D", "An R & D forum"),
        ("research and development", "R&D managers"),
        ("T&O", "Trauma and orthopaedics"),
        ("T1D", "Growing up with type 1 diabetes"),
        ("type 1 diabetes", "T1D in schools"),
        ("t2d", "Type 2 diabetes remission"),
        ("IV", "Intravenous antibiotics"),
        ("iv", "IV drips at home"),
        ("intravenous", "An IV team"),
        ("randomized controlled trials", "An RCT network"),
    ],
)
def test_acronyms_find_what_they_stand_for_and_the_other_way_round(asked: str, meant: str) -> None:
    index = index_of(meant=meant, other="Baking bread for those who like it; it is for us all")
    assert found(index, asked) == {"meant"}


@pytest.mark.parametrize("asked", ["IT", "WHO", "A&E", "R&D", "IV", "T1D", "US", "ME"])
def test_an_acronym_finds_nobody_who_only_has_some_of_its_words_or_letters(asked: str) -> None:
    index = index_of(
        health="Public health for those who need it, us and me",
        vitamin="Vitamin D and e-learning, type 3",
        development="Development of leaders",
        emergency="In an emergency of any type",
        ivf="IVF and fertility",
    )
    assert found(index, asked) == set()


def test_small_words_in_small_letters_are_no_acronyms() -> None:
    index = index_of(it="IT support", who="WHO guidance")
    assert found(index, "who it is for") == set()
    assert index.search("it").near is not None


def test_in_a_text_all_in_capitals_capitals_mean_nothing() -> None:
    index = index_of(people="PEOPLE WHO CARE FOR IT ALL", who="WHO guidance")
    assert found(index, "WHO") == {"who"}
    assert found(index, "PEOPLE WHO CARE") == {"people"}


def test_words_in_capitals_for_stress_are_no_acronyms() -> None:
    assert found(index_of(a="We do NOT meet and must ALWAYS ask"), "NOT") == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Łódź", "Lodz"),
        ("Ørsted", "orsted"),
        ("Đorđe", "Dorde"),
        ("Hełm", "helm"),
        ("Þór", "thor"),
        ("Ægir", "aegir"),
        ("Straße", "strasse"),
        ("ﬁbromyalgia", "fibromyalgia"),
        ("café", "cafe\u0301"),
        ("l'hôpital", "hopital"),
        ("l’Hôpital", "l'hopital"),
        ("d'Alzheimer", "alzheimer"),
        ("dell’ospedale", "ospedale"),
        ("qu'obstétrique", "obstetrique"),
        ("demen\u00adtia", "dementia"),
        ("de\u200bmen\u2060tia", "dementia"),
        ("\ufeffdementia\u200d", "dementia"),
        ("Parkinson‘s", "parkinsons"),
        ("peer\u2010led", "peer-led"),
    ],
)
def test_letters_are_read_alike_however_they_are_written(one: str, other: str) -> None:
    assert found(index_of(a=f"Our {one} group", b="bread"), other) == {"a"}
    assert found(index_of(a=f"Our {other} group", b="bread"), one) == {"a"}


@pytest.mark.parametrize(
    "pair",
    """organisation organization; behaviour behavior; behavioural behavioral; centre center
    paediatric pediatric; anaemia anemia; anaesthesia anesthesia; haemophilia hemophilia
    oestrogen estrogen; oedema edema; diarrhoea diarrhea; foetal fetal; coeliac celiac
    leukaemia leukemia; gynaecology gynecology; orthopaedics orthopedics; analyse analyze
    counselling counseling; travelling traveling; enrolment enrollment; fulfil fulfill
    skilful skillful; licence license; defence defense; practise practice; programme program
    catalogue catalog; grey gray; ageing aging; mould mold; tumour tumor; fibre fiber
    theatre theater; hospitalisation hospitalization; randomised randomized; judgement judgment
    ischaemic ischemic; apnoea apnea; modelling modeling; labelled labeled; cancelled canceled
    caesarean cesarean; aetiology etiology; neighbourhood neighborhood; neurone neuron
    homoeopathy homeopathy; manoeuvre maneuver; millilitres milliliters; mum mom
    prioritising prioritizing; immunisations immunizations; oesophageal esophageal
    centred centered; sceptical skeptical; artefact artifact; sulphate sulfate""".replace(
        "\n", ";"
    ).split(";"),
)
def test_british_and_american_spellings_are_one_word(pair: str) -> None:
    british, american = pair.split()
    assert word(british).stems == word(american).stems
    assert found(index_of(a=f"We know {british}", b="bread"), american) == {"a"}
    assert found(index_of(a=f"We know {american}", b="bread"), british) == {"a"}


@pytest.mark.parametrize(
    "words", ["poet pet", "shoe she", "hour hor", "aerobic erobic", "toes tes", "citizen citisan"]
)
def test_words_of_other_meaning_stay_apart(words: str) -> None:
    one, other = words.split()
    assert stem(one) != stem(other)


def test_a_spelling_is_the_same_read_twice() -> None:
    for written in ("organize", "haemophilia", "centre", "counselling", "behaviour", "licence"):
        assert one_spelling(one_spelling(written)) == one_spelling(written)


def test_a_word_that_is_read_otherwise_is_still_shown_as_it_is_written() -> None:
    index = index_of(a="Paediatric behaviour in Łódź")
    (match,) = index.search("pediatric behavior lodz").matches
    assert match.reasons == ("Mentions: Paediatric behaviour, Łódź",)
    (mark,) = match.highlights
    assert [mark.text[a:b] for a, b in mark.matches] == ["Paediatric", "behaviour", "Łódź"]


@pytest.mark.parametrize("asked", ["the", "who is it for", "…", "!!! ???", "\u200b", "of and the"])
def test_a_search_for_nothing_says_so(asked: str) -> None:
    index = index_of(a="falls")
    assert not index.says_something(asked)
    near = index.search(asked).near
    assert near
    assert near.sentence.startswith("These words say nothing of a subject.")
