"""The measure of what links do: some of the labelled pairs are links, the others are asked."""

from tests.bench.held_back import drawn, links_by, pairs_of, rest_of, rewired

LABELS = {"a": {"b": 3.0, "c": 1.0}, "b": {"a": 3.0}}


def test_a_pair_that_was_labelled_both_ways_round_is_one_link() -> None:
    assert pairs_of(LABELS) == [("a", "b"), ("a", "c")]


def test_what_is_linked_is_asked_from_neither_side() -> None:
    assert rest_of(LABELS, links_by([("a", "b")])) == {"a": {"c": 1.0}}


def test_the_same_draw_is_the_same_links_and_a_larger_part_has_more() -> None:
    pairs = [(str(n), str(n + 1)) for n in range(1000)]
    assert drawn(pairs, 0.3, 1) == drawn(pairs, 0.3, 1) != drawn(pairs, 0.3, 2)
    assert 250 < len(drawn(pairs, 0.3, 1)) < 350


def test_the_control_leaves_each_community_as_many_links_with_others() -> None:
    pairs = [(str(n), str(n + 1)) for n in range(0, 100, 2)]
    other = rewired(pairs, 1)
    assert sorted(end for pair in other for end in pair) == sorted(e for p in pairs for e in p)
    assert len(set(other) & set(pairs)) < 5
