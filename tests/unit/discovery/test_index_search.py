"""Finding communities by a few words."""

import pytest

from services.discovery.index import FACETS, Document, Index


def community(name: str, title: str, domain: str, **more: object) -> Document:
    return Document(id=name, name=title, domain=domain, **more)  # type: ignore[arg-type]


LANDSCAPE = [
    community(
        "a",
        "Falls Forum",
        "Preventing falls in care homes",
        region="Wessex",
        networks=("net_w",),
        sectors=("health", "social care"),
        stage="active",
    ),
    community(
        "b", "Homes", "Older people in care homes", region="Yorkshire", networks=("net_w", "net_y")
    ),
    community("c", "Bread", "Baking, and falls of flour", region="wessex", sectors=("food",)),
    community("d", "Ended", "Falls in care homes", state="closed", region="Wessex"),
]


@pytest.fixture
def index() -> Index:
    index = Index()
    index.put_many(LANDSCAPE)
    return index


def found(index: Index, text: str, **more: object) -> list[str]:
    return [match.id for match in index.search(text, **more).matches]  # type: ignore[arg-type]


def test_a_word_finds_those_that_use_it(index: Index) -> None:
    assert set(found(index, "falls")) == {"a", "c"}


def test_the_ending_of_a_word_does_not_matter(index: Index) -> None:
    assert found(index, "bake") == ["c"]


def test_a_word_in_the_name_weighs_more(index: Index) -> None:
    index.put(community("e", "Cooking", "Bread and butter"))
    assert found(index, "bread") == ["c", "e"]


def test_all_the_words_are_better_than_some(index: Index) -> None:
    assert found(index, "falls care homes")[0] == "a"


def test_a_word_that_nobody_uses_does_not_hide_the_others(index: Index) -> None:
    assert found(index, "sourdough bread") == ["c"]


def test_one_that_has_next_to_nothing_of_what_the_best_has_is_no_match() -> None:
    index = Index()
    index.put(community("best", "", "lymphoedema compression bandaging clinics health"))
    index.put_many(community(f"c{n}", "", "health") for n in range(40))
    assert found(index, "lymphoedema compression bandaging health") == ["best"]


@pytest.mark.parametrize("text", ["", "   ", "the of", "zyzzyva", "!?"])
def test_a_search_for_nothing_finds_nothing(index: Index, text: str) -> None:
    result = index.search(text)
    assert (result.matches, result.total) == ([], 0)
    assert result.facets == {name: {} for name in FACETS}


def test_facets_count_all_matches_and_not_only_those_shown(index: Index) -> None:
    result = index.search("falls homes", limit=1)
    assert len(result.matches) == 1
    assert result.total == 3
    assert result.facets["region"] == {"Wessex": 2, "Yorkshire": 1}  # one is written "wessex"
    assert result.facets["network"] == {"net_w": 2, "net_y": 1}
    assert result.facets["sector"] == {"food": 1, "health": 1, "social care": 1}
    assert result.facets["stage"] == {"active": 1}


def test_the_most_frequent_value_of_a_facet_comes_first(index: Index) -> None:
    assert list(index.search("falls homes").facets["network"]) == ["net_w", "net_y"]


def test_closed_communities_are_neither_found_nor_counted(index: Index) -> None:
    result = index.search("ended")
    assert (result.matches, result.total, result.facets["region"]) == ([], 0, {})


def test_a_filter_keeps_only_what_has_the_value_whatever_its_case(index: Index) -> None:
    assert found(index, "falls homes", filters={"region": ["WESSEX"]}) == ["a", "c"]


def test_of_several_values_of_one_filter_any_will_do(index: Index) -> None:
    filters = {"sector": ["food", "health"]}
    assert set(found(index, "falls homes", filters=filters)) == {"a", "c"}


def test_filters_on_several_facets_must_all_hold(index: Index) -> None:
    filters = {"region": ["wessex"], "network": ["net_w"]}
    result = index.search("falls homes", filters=filters)
    assert [match.id for match in result.matches] == ["a"]
    assert result.total == 1


def test_a_facet_shows_what_its_own_filter_leaves_out(index: Index) -> None:
    result = index.search("falls homes", filters={"network": ["net_y"]})
    assert result.facets["network"] == {"net_w": 2, "net_y": 1}
    assert result.facets["region"] == {"Yorkshire": 1}


def test_a_filter_that_is_not_known_is_an_error(index: Index) -> None:
    with pytest.raises(KeyError):
        index.search("falls", filters={"colour": ["green"]})


def test_a_facet_follows_what_is_put_and_removed(index: Index) -> None:
    index.put(community("a", "Falls Forum", "falls", region="Kent"))
    index.remove("c")
    assert index.search("falls").facets["region"] == {"Kent": 1}


def test_reasons_say_where_the_words_are(index: Index) -> None:
    index.put(community("e", "Butter", "All about bread rolls", topics=("Dairy farming",)))
    (match,) = index.search("butter dairy bread rolls", limit=1).matches
    assert match.reasons == (
        "In its name: Butter",
        "In its topics: Dairy",
        "Mentions: bread rolls",
    )
