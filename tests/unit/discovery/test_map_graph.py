"""Who is joined to whom on the map, in which groups, who holds parts together, who should meet."""

import networkx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.map.graph import Edge, bridges, edges, isolated, neighbours
from services.discovery.map.likeness import Matches
from tests.unit.discovery.charting import FALLS, SEPSIS, WOUNDS, chart, row, themed

NETS = {"networks": ["net_w"]}
TWO = [*themed("f", FALLS, 5), *themed("s", SEPSIS, 5)]


def matches(*said: tuple[int, int, float], size: int) -> Matches:
    """One says of another how much alike they are."""
    others, scores = np.full((size, 4), -1, np.int32), np.zeros((size, 4), np.float32)
    for one, other, score in said:
        place = int((others[one] >= 0).sum())
        others[one, place], scores[one, place] = other, score
    return Matches(others, scores)


def edge(low: int, high: int) -> Edge:
    return Edge(low, high, False, 0.5)


def ring(*members: int) -> list[Edge]:
    return [
        edge(min(a, b), max(a, b)) for a, b in zip(members, (*members[1:], members[0]), strict=True)
    ]


def test_a_match_is_an_edge_where_both_say_so_and_it_is_strong_enough() -> None:
    said = matches((0, 1, 0.5), (1, 0, 0.5), (2, 0, 0.9), (3, 4, 0.1), (4, 3, 0.1), size=5)
    assert edges(said, [], 0.2) == [Edge(0, 1, False, 0.5)]


def test_a_link_is_an_edge_whatever_the_match_and_weighs_more_than_any() -> None:
    said = matches((0, 1, 0.9), (1, 0, 0.9), size=4)
    found = edges(said, [(3, 2), (1, 0)], 0.2)
    assert found == [Edge(0, 1, True, 0.9), Edge(2, 3, True, 0.0)]
    assert found[1].weight > Edge(0, 1, False, 0.9).weight


def test_who_has_no_edge_stands_alone() -> None:
    assert isolated(neighbours(4, [edge(0, 2)])) == [1, 3]


def test_a_bridge_is_one_whose_loss_parts_the_map_and_its_parts_are_counted() -> None:
    joined = [*ring(0, 1, 2), *ring(4, 5, 6, 7), edge(2, 3), edge(3, 4)]
    found = bridges(neighbours(8, joined))
    assert {b.number: b.parts for b in found} == {3: (4, 3), 4: (4, 3)}


def test_who_only_holds_one_or_two_at_the_edge_is_no_bridge() -> None:
    assert bridges(neighbours(6, [*ring(0, 1, 2, 3), edge(3, 4), edge(4, 5)])) == []


@given(st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=22))
def test_bridges_are_the_articulation_points_that_part_at_least_three_from_three(
    pairs: set[tuple[int, int]],
) -> None:
    joined = [edge(low, high) for low, high in sorted(pairs) if low < high]
    graph = networkx.Graph([(e.low, e.high) for e in joined])
    expected = {}
    for node in graph:
        whole = networkx.node_connected_component(graph, node)
        left = graph.subgraph(whole - {node})
        sizes = sorted((len(c) for c in networkx.connected_components(left)), reverse=True)
        parts = tuple(size for size in sizes if size >= 3)
        if len(parts) > 1:
            expected[node] = parts
    assert {b.number: b.parts for b in bridges(neighbours(12, joined))} == expected


def test_two_themes_are_two_groups_each_named_by_its_own_topics() -> None:
    found = chart(TWO)
    members = [{n.id[:5] for n in found.nodes if n.group == place} for place in (0, 1)]
    assert members == [{"com_f"}, {"com_s"}]
    for group, topics in zip(found.groups, (FALLS, SEPSIS), strict=True):
        assert set(group.topics) <= set(topics)
        assert group.name.split(", ")[0].lower() in topics


def test_a_group_without_topics_is_named_by_words_as_people_write_them() -> None:
    texts = ["Ward rounds on paediatric wards", "Paediatric ward rounds", "Rounds: paediatrics"]
    rows = [row(f"com_{n}", domain=text) for n, text in enumerate(texts)]
    rows += themed("s", SEPSIS, 5)
    (group,) = [g for g in chart(rows).groups if g.size == 3]
    assert set(group.name.lower().replace(",", "").split()) <= {
        *("ward", "rounds", "paediatric", "wards", "paediatrics")
    }


def test_no_two_groups_have_the_same_name() -> None:
    rows = [
        row(f"com_{word}{n}", ["research"], domain=f"{word} {word}ing {word}ed research")
        for word in ("kidney", "asthma", "dental", "stroke")
        for n in range(3)
    ]
    names = [group.name for group in chart(rows, [("com_kidney0", "com_kidney1")]).groups]
    assert len(set(names)) == len(names)


def test_the_same_communities_in_any_order_make_the_same_map() -> None:
    rows = [*TWO, *themed("w", WOUNDS, 7)]
    assert chart(rows) == chart(rows[::-1])


def test_who_ought_to_meet_is_alike_across_networks_and_has_no_link_yet() -> None:
    rows = [*themed("a", FALLS, 2, networks=["net_a"]), *themed("b", FALLS, 2, networks=["net_b"])]

    def pairs(**links: list[tuple[str, str]]) -> set[frozenset[str]]:
        found = chart(rows, **links)
        return {
            frozenset(found.nodes[end].id for end in (i.low, i.high))
            for group in found.groups
            for i in group.introductions
        }

    across = {frozenset((f"com_a{n}", f"com_b{m}")) for n in (0, 1) for m in (0, 1)}
    assert pairs() == across
    met = frozenset(("com_a0", "com_b0"))
    assert met not in pairs(accepted=[("com_b0", "com_a0")])


def test_an_introduction_says_what_two_share_and_nobody_is_in_more_than_three() -> None:
    rows = [row(f"com_{n}", FALLS[:3], networks=[f"net_{n}"]) for n in range(8)]
    (group,) = chart(rows).groups
    ends = [end for i in group.introductions for end in (i.low, i.high)]
    assert max(map(ends.count, ends)) <= 3
    assert group.introductions[0].reasons == ("Shared topics: care homes, balance, falls",)


def test_who_shares_a_network_needs_no_introduction() -> None:
    (group,) = chart(themed("a", FALLS, 4, **NETS)).groups
    assert group.introductions == ()


def test_a_map_of_nobody_is_empty() -> None:
    found = chart([])
    assert (found.nodes, found.edges, found.groups, found.bridges) == ((), (), (), ())
