"""The map as it is stored: what was computed, by the communities' ids."""

import msgspec

Place = tuple[float, float]


class Node(msgspec.Struct, frozen=True, array_like=True):
    """A community on the map. `group` is the place of its group, None where it is in none."""

    id: str
    x: float
    y: float
    group: int | None
    ties: float  # the weights of its edges, summed


class Edge(msgspec.Struct, frozen=True, array_like=True):
    """Two nodes by their places in the list of nodes; `score` is 0 where only a link joins them."""

    low: int
    high: int
    linked: bool
    score: float


class Introduction(msgspec.Struct, frozen=True, array_like=True):
    """Two nodes by their places, who are alike across networks and have no link."""

    low: int
    high: int
    score: float
    reasons: tuple[str, ...]


class Group(msgspec.Struct, frozen=True):
    """`id` is that of the group's centre, so that it stays the same as long as that does.

    `style` says which colour and shape it is drawn in: the same from one map to the next.
    """

    id: str
    name: str
    topics: tuple[str, ...]
    centre: int
    size: int
    style: int
    introductions: tuple[Introduction, ...]


class Bridge(msgspec.Struct, frozen=True, array_like=True):
    """A node by its place, the sizes of the parts that would be without it, and the groups that
    it joins."""

    node: int
    parts: tuple[int, ...]
    groups: tuple[int, ...]


class Chart(msgspec.Struct, frozen=True):
    """Nodes in the order of their ids. `meaning`: whether likeness of meaning had its part."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    groups: tuple[Group, ...] = ()
    bridges: tuple[Bridge, ...] = ()
    meaning: bool = False
    all_pairs: bool = True

    def places(self) -> dict[str, Place]:
        """Where each community stands."""
        return {node.id: (node.x, node.y) for node in self.nodes}
