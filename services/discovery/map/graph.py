"""The graph of the map: who is joined to whom, who stands alone, who holds parts together."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from services.discovery.map.likeness import Matches

_AMONG_BEST = 8  # each must be among so many best of the other
_LEAST_PART = 3  # communities: less cut off is no part of the map
_LINK_WEIGHT = 1.0

Pair = tuple[int, int]


class Edge(NamedTuple):
    """Two communities by number, the lower first. `score` is that of the match, 0 for none."""

    low: int
    high: int
    linked: bool
    score: float

    @property
    def weight(self) -> float:
        """How strongly it holds: a link as much as the best match there can be, and its match."""
        return self.score + (_LINK_WEIGHT if self.linked else 0.0)


class Bridge(NamedTuple):
    """A community, and the sizes of the parts that would be without it, the greatest first."""

    number: int
    parts: tuple[int, ...]


def edges(matches: Matches, links: Iterable[Pair], least: float) -> list[Edge]:
    """Give links and the best mutual matches of at least a score, ordered by their ends."""
    others = matches.others[:, :_AMONG_BEST]
    scores = matches.scores[:, :_AMONG_BEST]
    said = {
        (number, other): score
        for number, (row, values) in enumerate(zip(others.tolist(), scores.tolist(), strict=True))
        for other, score in zip(row, values, strict=True)
        if other >= 0 and score >= least - 1e-6
    }
    mutual = {
        (one, other): round(min(score, said[other, one]), 4)
        for (one, other), score in said.items()
        if one < other and (other, one) in said
    }
    linked = {(min(pair), max(pair)) for pair in links}
    return [
        Edge(low, high, (low, high) in linked, mutual.get((low, high), 0.0))
        for low, high in sorted(mutual.keys() | linked)
    ]


def neighbours(size: int, joined: Iterable[Edge]) -> list[list[Pair]]:
    """For each community the others that it has an edge to, with the edge's place."""
    beside: list[list[Pair]] = [[] for _ in range(size)]
    for place, edge in enumerate(joined):
        beside[edge.low].append((edge.high, place))
        beside[edge.high].append((edge.low, place))
    return beside


def isolated(beside: Sequence[Sequence[Pair]]) -> list[int]:
    """Those with no edge at all."""
    return [number for number, others in enumerate(beside) if not others]


def bridges(beside: Sequence[Sequence[Pair]]) -> list[Bridge]:
    """Those whose loss would part the map: at least two parts of three communities or more.

    Articulation points, by one walk in depth (Hopcroft & Tarjan 1973) that also counts how many
    each would cut off; who only holds one or two at the edge is no bridge.
    """
    order = np.full(len(beside), -1, np.int64)
    found = [
        bridge
        for root in range(len(beside))
        if order[root] < 0 and beside[root]
        for bridge in _walk(root, beside, order)
    ]
    return sorted(found, key=lambda b: (-b.parts[1], b.number))


def _walk(root: int, beside: Sequence[Sequence[Pair]], order: "np.ndarray") -> list[Bridge]:
    """Walk one component from its root, and give its bridges."""
    low: dict[int, int] = {root: 0}
    sizes: dict[int, int] = {root: 1}
    cut_off: dict[int, list[int]] = {}
    order[root], count = 0, 1
    path = [(root, -1, iter(beside[root]))]
    while path:
        node, parent, ahead = path[-1]
        step = next(ahead, None)
        if step is None:
            path.pop()
            if parent >= 0:
                low[parent] = min(low[parent], low[node])
                sizes[parent] += sizes[node]
                if low[node] >= order[parent]:
                    cut_off.setdefault(parent, []).append(sizes[node])
            continue
        other = step[0]
        if order[other] < 0:
            order[other], low[other], sizes[other], count = count, count, 1, count + 1
            path.append((other, node, iter(beside[other])))
        elif other != parent:
            low[node] = min(low[node], int(order[other]))
    return [b for node, parts in cut_off.items() if (b := _bridge(node, parts, count))]


def _bridge(node: int, parts: list[int], component: int) -> Bridge | None:
    rest = component - 1 - sum(parts)
    sizes = sorted((size for size in (*parts, rest) if size >= _LEAST_PART), reverse=True)
    return Bridge(node, tuple(sizes)) if len(sizes) > 1 else None
