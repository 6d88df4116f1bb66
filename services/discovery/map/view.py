"""What of the map is asked for: all of it, or that of some networks or regions."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from services.discovery.follower import Known
from services.discovery.index import Document
from services.discovery.map.chart import Chart, Edge, Group, Introduction
from services.discovery.map.field import HEIGHT, WIDTH
from services.discovery.map.following import Present
from shared.foundation.names import name_key


@dataclass(frozen=True)
class Spot:
    """A community on the map, with what it says of itself now."""

    document: Document
    networks: tuple[str, ...]  # by name
    x: float
    y: float
    group: int | None
    ties: float
    alone: bool
    bridge: bool


@dataclass(frozen=True)
class View:
    """Spots by their place on the whole map; groups that have a spot here, with how many."""

    present: Present
    spots: dict[int, Spot]
    edges: Sequence[Edge]
    groups: dict[int, Group]
    sizes: Counter[int]

    @property
    def chart(self) -> Chart:
        """The whole map."""
        return self.present.chart

    def introductions(self, group: Group) -> list[Introduction]:
        """Pairs of the group of whom at least one is here."""
        return [i for i in group.introductions if i.low in self.spots or i.high in self.spots]


def view(
    present: Present, known: Known, networks: Collection[str] = (), regions: Collection[str] = ()
) -> View:
    """What of the map is of one of these networks (ids) and in one of these regions.

    None named means all; regions however they are written.
    """
    chart, wanted = present.chart, {name_key(region) for region in regions}
    joined = {end for edge in chart.edges for end in (edge.low, edge.high)}
    bridges = {bridge.node for bridge in chart.bridges}
    spots: dict[int, Spot] = {}
    for place, node in enumerate(chart.nodes):
        document = known.index.get(node.id)
        if document is None or (networks and set(networks).isdisjoint(document.networks)):
            continue
        if wanted and name_key(document.region) not in wanted:
            continue
        spots[place] = Spot(
            document=document,
            networks=network_names(document, known),
            x=node.x,
            y=node.y,
            group=node.group,
            ties=node.ties,
            alone=place not in joined,
            bridge=place in bridges,
        )
    sizes = Counter(spot.group for spot in spots.values() if spot.group is not None)
    return View(
        present,
        spots,
        [edge for edge in chart.edges if edge.low in spots and edge.high in spots],
        {place: group for place, group in enumerate(chart.groups) if sizes[place]},
        sizes,
    )


def network_names(document: Document, known: Known) -> tuple[str, ...]:
    """The present names of a community's networks; an id where the name is not known here."""
    return tuple(known.networks.name(network) or network for network in document.networks)


def as_json(view: View, known: Known) -> dict[str, Any]:
    """The map as the API answers it; nodes and groups by id, in the order of the map."""
    chart, stored = view.chart, view.present.stored
    ids = [node.id for node in chart.nodes]
    return {
        "nodes": [_node(spot, chart) for spot in view.spots.values()],
        "edges": [
            {
                "from": ids[edge.low],
                "to": ids[edge.high],
                "kind": "link" if edge.linked else "match",
                "score": edge.score or None,
            }
            for edge in view.edges
        ],
        "groups": [_group(view, place, group, known) for place, group in view.groups.items()],
        "bridges": [
            {
                **_named(view.spots[bridge.node].document),
                "parts": bridge.parts,
                "groups": [chart.groups[place].id for place in bridge.groups],
            }
            for bridge in chart.bridges
            if bridge.node in view.spots
        ],
        "isolated": [_named(spot.document) for spot in view.spots.values() if spot.alone],
        "width": WIDTH,
        "height": HEIGHT,
        "computed_at": stored.at,
        "algorithm": _algorithm(chart),
    }


def _algorithm(chart: Chart) -> str:
    likeness = "words+meaning" if chart.meaning else "words"
    among = "all" if chart.all_pairs else "the nearest cells"
    return f"{likeness}, mutual best matches among {among}, Louvain"


def _named(document: Document) -> dict[str, Any]:
    return {"id": document.id, "name": document.shown_name}


def _node(spot: Spot, chart: Chart) -> dict[str, Any]:
    return {
        **_named(spot.document),
        "networks": spot.networks,
        "region": spot.document.region,
        "stage": spot.document.stage or None,
        "x": spot.x,
        "y": spot.y,
        "group": None if spot.group is None else chart.groups[spot.group].id,
        "bridge": spot.bridge,
        "isolated": spot.alone,
    }


def _group(view: View, place: int, group: Group, known: Known) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "topics": group.topics,
        "size": group.size,
        "here": view.sizes[place],
        "missing_introductions": [
            {
                "communities": [_end(view, end, known) for end in (pair.low, pair.high)],
                "score": pair.score,
                "reasons": pair.reasons,
            }
            for pair in view.introductions(group)
        ],
    }


def _end(view: View, place: int, known: Known) -> dict[str, Any]:
    """One of a pair; it may be outside of what is asked for."""
    document = known.index.get(view.chart.nodes[place].id)
    if document is None:
        return {"id": view.chart.nodes[place].id, "name": "", "networks": (), "region": ""}
    return _named(document) | {
        "networks": network_names(document, known),
        "region": document.region,
    }
