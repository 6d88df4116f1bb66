"""What links do to the ranking of related communities, and how it is told."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.discovery.index import Document, Index, Match
from services.discovery.index.ties import LinksOf


def about(name: str, domain: str) -> Document:
    return Document(id=name, name=name.title(), domain=domain)


YOURS = about("yours", "Preventing falls in care homes")
LIKE = about("like", "Preventing falls, care homes")
ALDER = about("alder", "Falls on wards")
BIRCH = about("birch", "Falls on wards")
BREAD = about("bread", "Baking sourdough bread")
CAKE = about("cake", "Icing cakes")
ALL = (YOURS, LIKE, ALDER, BIRCH, BREAD, CAKE)


def linked(*pairs: tuple[str, str]) -> LinksOf:
    def links_of(communities: Sequence[str]) -> Mapping[str, list[str]]:
        found = {c: [o for pair in pairs if c in pair for o in pair if o != c] for c in communities}
        return {community: others for community, others in found.items() if others}

    return links_of


def related(*pairs: tuple[str, str], limit: int = 10) -> dict[str, Match]:
    """The matches of yours, best first, by their ids."""
    index = Index()
    index.put_many(ALL)
    return {m.id: m for m in index.related("yours", limit=limit, links_of=linked(*pairs))}


def test_who_is_linked_with_the_same_third_one_comes_before_its_equal() -> None:
    assert list(related()) == ["like", "alder", "birch"]
    found = related(("yours", "cake"), ("birch", "cake"))
    assert list(found)[:3] == ["like", "birch", "alder"]
    assert "Both are linked with Cake" in found["birch"].reasons
    assert (found["birch"].links, found["alder"].links) == (True, False)


def test_who_is_linked_with_one_that_is_like_yours_comes_before_its_equal() -> None:
    found = related(("birch", "like"))
    assert list(found)[:3] == ["like", "birch", "alder"]
    assert "Linked with Like, which is like yours" in found["birch"].reasons


def test_a_third_one_with_many_links_says_less() -> None:
    pairs = [("yours", "cake"), ("birch", "cake"), ("yours", "bread"), ("alder", "bread")]
    assert list(related(*pairs))[1] == "alder"
    assert list(related(*pairs, ("like", "bread")))[1] == "birch"


def test_links_raise_a_little_and_do_not_turn_a_clear_order_round() -> None:
    before, after = related(), related(("yours", "cake"), ("birch", "cake"), ("birch", "like"))
    assert before["birch"].score < after["birch"].score < before["birch"].score + 0.1
    assert next(iter(after)) == "like"


def test_who_shares_no_word_is_found_by_a_third_one_in_common() -> None:
    found = related(("yours", "cake"), ("bread", "cake"))
    assert found["bread"].reasons == ("Both are linked with Cake",)
    assert list(found)[-1] == "bread"


def test_a_third_one_that_is_both_is_told_once_and_three_are_named_at_most() -> None:
    thirds = ["like", "alder", "bread", "cake"]
    found = related(*(("yours", third) for third in thirds), *(("birch", t) for t in thirds))
    told = [reason for reason in found["birch"].reasons if "inked" in reason]
    assert told == ["Both are linked with Alder, Bread and Cake"]


def test_links_of_others_change_nothing() -> None:
    index = Index()
    index.put_many(ALL)
    plain = index.related("yours")
    assert index.related("yours", links_of=linked()) == plain
    assert index.related("yours", links_of=linked(("bread", "cake"))) == plain


NAMES = [document.id for document in ALL]
PAIRS = st.lists(st.sampled_from(NAMES), min_size=2, max_size=2, unique=True).map(tuple)


@given(st.sets(PAIRS, max_size=8))
def test_no_link_lowers_a_score_or_raises_it_by_more_than_a_tenth(
    pairs: set[tuple[str, str]],
) -> None:
    before, after = related(), related(*pairs)
    for community in after:
        was = before[community].score if community in before else 0.0
        assert was <= after[community].score <= min(was + 0.1, 1.0)
    assert before.keys() <= after.keys()
