"""Which communities are related to one."""

import pytest

from services.discovery.index import Document, Index, UnknownCommunityError


def about(name: str, domain: str, **more: object) -> Document:
    return Document(id=name, name="", domain=domain, **more)  # type: ignore[arg-type]


FALLS = about("falls", "Preventing falls in care homes", networks=("net_wessex",))
FRAILTY = about("frailty", "Frailty and falls in older people", networks=("net_wessex",))
HOMES = about("homes", "Preventing falls, care homes", networks=("net_york",))
BREAD = about("bread", "Baking sourdough bread", networks=("net_york", "net_wessex"))


def index_of(*documents: Document) -> Index:
    index = Index()
    index.put_many(documents)
    return index


def ids(index: Index, asked: str | Document, **more: object) -> list[str]:
    return [match.id for match in index.related(asked, **more)]  # type: ignore[arg-type]


def test_the_likest_comes_first() -> None:
    assert ids(index_of(FALLS, FRAILTY, HOMES, BREAD), "falls") == ["homes", "frailty"]


def test_a_community_is_never_related_to_itself() -> None:
    index = index_of(FALLS, HOMES)
    assert "falls" not in ids(index, "falls")
    assert "falls" not in ids(index, FALLS)


def test_what_shares_no_word_is_not_related() -> None:
    assert ids(index_of(FALLS, BREAD), "falls") == []


def test_the_same_words_score_1() -> None:
    twin = about("twin", FALLS.domain)
    assert index_of(FALLS, twin, BREAD).related("falls")[0].score == 1.0


def test_a_likeness_is_the_same_from_both_sides() -> None:
    index = index_of(FALLS, FRAILTY, BREAD)
    assert index.related("falls")[0].score == index.related("frailty")[0].score


def test_equal_scores_are_ordered_by_id() -> None:
    twins = [about(name, "falls") for name in ("c", "a", "b")]
    assert ids(index_of(*twins, FALLS), "falls") == ["a", "b", "c"]


def test_a_rare_word_shared_weighs_more_than_a_common_one() -> None:
    index = index_of(
        about("asked", "falls lymphoedema"),
        about("rare", "lymphoedema"),
        *(about(f"common{n}", "falls") for n in range(5)),
    )
    assert ids(index, "asked")[0] == "rare"


def test_no_more_than_asked_for_are_given() -> None:
    index = index_of(FALLS, FRAILTY, HOMES)
    assert ids(index, "falls", limit=1) == ["homes"]
    assert ids(index, "falls", limit=0) == []


def test_other_networks_leaves_out_all_who_share_one() -> None:
    both = about("both", "falls", networks=("net_york", "net_wessex"))
    none = about("none", "falls")
    index = index_of(FALLS, FRAILTY, HOMES, both, none)
    assert ids(index, "falls", scope="other-networks") == ["homes", "none"]


def test_a_community_without_networks_has_all_others_in_other_networks() -> None:
    index = index_of(FALLS, HOMES, about("none", "falls"))
    assert set(ids(index, "none", scope="other-networks")) == {"falls", "homes"}


def test_a_description_that_is_not_registered_finds_what_is_like_it() -> None:
    draft = Document(id="", name="Falls", domain="care homes")
    index = index_of(FALLS, BREAD)
    assert ids(index, draft) == ["falls"]
    assert len(index) == 2


def test_a_description_of_words_that_nobody_uses_finds_nothing() -> None:
    assert ids(index_of(FALLS), Document(id="", name="", domain="zyzzyva")) == []


def test_an_empty_description_finds_nothing() -> None:
    assert ids(index_of(FALLS), Document(id="", name="", domain="")) == []


def test_an_empty_index_has_nothing_related() -> None:
    assert ids(Index(), FALLS) == []


def test_an_id_that_is_not_there_is_said_to_be_unknown() -> None:
    with pytest.raises(UnknownCommunityError):
        index_of(FALLS).related("nobody")


def test_a_new_community_is_seen_by_the_next_query() -> None:
    index = index_of(FALLS)
    assert ids(index, "falls") == []
    index.put(HOMES)
    assert ids(index, "falls") == ["homes"]


def test_a_replaced_community_is_known_by_its_new_words_only() -> None:
    index = index_of(FALLS, HOMES, BREAD)
    index.put(about("homes", "Baking bread"))
    assert ids(index, "falls") == []
    assert ids(index, "bread") == ["homes"]
    assert len(index) == 3


def test_a_removed_community_is_gone() -> None:
    index = index_of(FALLS, HOMES)
    index.remove("homes")
    assert ids(index, "falls") == []
    assert index.get("homes") is None
    assert len(index) == 1


def test_a_community_put_as_removed_is_gone() -> None:
    index = index_of(FALLS, HOMES)
    index.put(about("homes", HOMES.domain, state="removed"))
    assert ids(index, "falls") == []
    assert len(index) == 1


def test_removing_what_is_not_there_changes_nothing() -> None:
    index = index_of(FALLS)
    index.remove("nobody")
    assert len(index) == 1


def test_the_place_of_a_removed_community_is_used_again() -> None:
    index = index_of(FALLS, HOMES)
    for turn in range(50):
        index.put(about(f"guest{turn}", "falls"))
        assert ids(index, "falls") == ["homes", f"guest{turn}"]
        index.remove(f"guest{turn}")
    assert index._snapshot.size == 3


def test_of_one_id_put_twice_at_once_the_last_counts() -> None:
    index = Index()
    index.put_many([about("a", "bread"), FALLS, about("a", "falls")])
    assert ids(index, "falls") == ["a"]


def test_a_community_without_words_is_held_and_related_to_none() -> None:
    index = index_of(FALLS, about("empty", "the of and"))
    assert ids(index, "empty") == []
    assert index.get("empty") is not None


def test_many_alike_are_all_scored_alike_and_given_in_order() -> None:
    index = index_of(*(about(f"c{n:04}", "falls in care homes") for n in range(1500)))
    found = index.related("c0700", limit=5)
    assert [match.id for match in found] == [f"c000{n}" for n in range(5)]
    assert {match.score for match in found} == {1.0}


def test_a_name_is_shown_by_the_first_words_of_the_domain_where_there_is_none() -> None:
    assert Document(id="a", name=" Falls ", domain="x").shown_name == "Falls"
    assert FALLS.shown_name == FALLS.domain
    assert about("a", "one two three four five six seven eight nine").shown_name == (
        "one two three four five six seven eight…"
    )
