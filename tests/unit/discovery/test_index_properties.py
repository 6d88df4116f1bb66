"""What holds of the index, whatever is put into it and in whatever order."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from services.discovery.index import Document, Index

WORDS = ["falls", "fall", "care", "home", "Homes", "frailty", "café", "e-health", "the", "19"]
IDS = [f"com_{letter}" for letter in "abcdefgh"]
texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
documents = st.builds(
    Document,
    id=st.sampled_from(IDS),
    name=texts,
    domain=texts,
    topics=st.lists(texts, max_size=2).map(tuple),
    region=st.sampled_from(["", "Wessex", "Kent"]),
    networks=st.lists(st.sampled_from(["net_a", "net_b"]), max_size=2, unique=True).map(tuple),
    state=st.sampled_from(["active", "active", "dormant", "closed"]),
    successors=st.lists(st.sampled_from(IDS), max_size=2).map(tuple),
)
landscapes = st.lists(documents, max_size=8, unique_by=lambda document: document.id)

unhurried = settings(deadline=None)


def bulk(landscape: Sequence[Document]) -> Index:
    index = Index()
    index.put_many(landscape)
    return index


def answers(index: Index, landscape: Sequence[Document]) -> list[object]:
    """Everything that can be asked of an index about a landscape."""
    related = [
        index.related(d, scope=scope) for d in landscape for scope in (None, "other-networks")
    ]
    return [related, [index.search(word, limit=20) for word in WORDS]]


@unhurried
@given(landscapes)
def test_a_score_is_more_than_0_and_at_most_1(landscape: list[Document]) -> None:
    index = bulk(landscape)
    found = [m for d in landscape for m in index.related(d)]
    found += [m for word in WORDS for m in index.search(f"{word} care").matches]
    assert all(0.0 < match.score <= 1.0 for match in found)


@unhurried
@given(landscapes)
def test_neither_itself_nor_a_closed_one_is_ever_related(landscape: list[Document]) -> None:
    index = bulk(landscape)
    for document in landscape:
        for match in index.related(document.id, limit=20):
            assert match.id != document.id
            assert match.document.state != "closed"


@unhurried
@given(landscapes)
def test_no_community_is_given_twice(landscape: list[Document]) -> None:
    index = bulk(landscape)
    for document in landscape:
        ids = [match.id for match in index.related(document.id, limit=20)]
        assert len(ids) == len(set(ids))


@unhurried
@given(landscapes)
def test_every_match_has_a_reason_that_its_score_is_made_of(landscape: list[Document]) -> None:
    index = bulk(landscape)
    openings = (
        *("Both about ", "That too was about ", "Shared topic", "Only everyday words"),
        *("Like ",),  # where likeness to a third one has the greater part
    )
    for document in landscape:
        for match in index.related(document.id, limit=20):
            assert any(reason.startswith(openings) for reason in match.reasons)


@unhurried
@given(landscapes, st.randoms(use_true_random=False))
def test_the_order_in_which_communities_are_put_does_not_matter(
    landscape: list[Document], random: object
) -> None:
    shuffled = landscape.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert answers(bulk(landscape), landscape) == answers(bulk(shuffled), landscape)


@unhurried
@given(landscapes)
def test_one_by_one_is_the_same_as_all_at_once(landscape: list[Document]) -> None:
    index = Index()
    for document in landscape:
        index.put(document)
    assert answers(index, landscape) == answers(bulk(landscape), landscape)


@unhurried
@given(landscapes, st.lists(documents, max_size=6))
def test_what_is_put_and_removed_again_was_never_there(
    landscape: list[Document], guests: list[Document]
) -> None:
    kept = {document.id: document for document in landscape}
    index = bulk(landscape)
    for guest in guests:
        index.put(guest)
    for guest in guests:
        index.remove(guest.id)
    index.put_many(kept[guest.id] for guest in guests if guest.id in kept)
    assert answers(index, landscape) == answers(bulk(landscape), landscape)


@unhurried
@given(landscapes)
def test_putting_the_same_again_changes_nothing(landscape: list[Document]) -> None:
    index = bulk(landscape)
    before = answers(index, landscape)
    for document in landscape:
        index.put(document)
    assert answers(index, landscape) == before


@unhurried
@given(landscapes)
def test_a_likeness_is_the_same_from_both_sides_where_nobody_stands_in(
    landscape: list[Document],
) -> None:
    index = bulk([d for d in landscape if d.state != "closed"])
    scores = {
        (d.id, match.id): match.score
        for d in landscape
        if d.state != "closed"
        for match in index.related(d.id, limit=20)
    }
    assert all(abs(score - scores[b, a]) < 2e-6 for (a, b), score in scores.items())


@unhurried
@given(landscapes, texts)
def test_a_facet_never_counts_more_than_there_are_matches(
    landscape: list[Document], text: str
) -> None:
    result = bulk(landscape).search(text, limit=20)
    assert len(result.matches) >= result.total  # what is near comes behind what matches
    for counts in result.facets.values():
        assert all(0 < count <= result.total for count in counts.values())
