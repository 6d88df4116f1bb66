"""The stored map, brought up to now: who closed is gone, who came stands beside their like.

A map of 20,000 communities takes a minute to draw when others work too. What changed since is shown
at once all the same: newcomers beside those they are related to, until the next drawing has them.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from services.discovery.follower import Known
from services.discovery.index import UnknownCommunityError
from services.discovery.index.levels import Level
from services.discovery.map import links
from services.discovery.map.chart import Bridge, Chart, Edge, Group, Introduction, Node
from services.discovery.map.field import BAND
from services.discovery.map.store import Stored, read_map, revision
from shared.connection import Connection

_MOST_NEW = 30  # shown before they are drawn; more come all at once, from a list, and wait for it
_JOINED = 3  # of its best matches a newcomer is joined to
_BESIDE = 9.0
Ids = tuple[str, str]


@dataclass(frozen=True)
class Present:
    """A stored map, and what it shows now."""

    stored: Stored
    chart: Chart


class Atlas:
    """Keeps the map in the memory of the web process, as it was asked for last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stored: Stored | None = None
        self._present: tuple[object, Present] | None = None

    def present(self, connection: Connection, known: Known) -> Present | None:
        """The map as it is now; None before the first one was drawn."""
        newest = revision(connection)
        if not newest:
            return None
        of = (newest, known.marks["documents"].generation, _versions(known))
        key = (*of, links.changes(connection))
        with self._lock:
            if self._present and self._present[0] == key:
                return self._present[1]
            if self._stored is None or self._stored.revision != newest:
                self._stored = read_map(connection)
            if self._stored is None:
                return None
            chart = bring_up(self._stored.chart, known, links.accepted(connection))
            present = Present(self._stored, chart)
            self._present = (key, present)
            return present


def _versions(known: Known) -> int:
    """What differs whenever a community has changed: none ever goes, versions only rise."""
    return sum(list(known.versions.values()))


def bring_up(chart: Chart, known: Known, accepted: Iterable[Ids]) -> Chart:
    """The map with those communities that are open now, and the links that there are now."""
    gone = {place for place, node in enumerate(chart.nodes) if not _open(node.id, known)}
    if gone:
        chart = _without(chart, gone)
    drawn = {node.id for node in chart.nodes}
    new = [name for name in list(known.versions) if name not in drawn and _open(name, known)]
    for name in sorted(new)[:_MOST_NEW]:
        chart = _joined_by(chart, name, known)
    return _linked(chart, accepted)


def _open(name: str, known: Known) -> bool:
    document = known.index.get(name)
    return document is not None and not document.closed


def _without(chart: Chart, gone: set[int]) -> Chart:
    """The map without some nodes: the others keep their order, and all goes by new places."""
    kept = [place for place in range(len(chart.nodes)) if place not in gone]
    new = {place: number for number, place in enumerate(kept)}
    sizes = [0] * len(chart.groups)
    for place in kept:
        group = chart.nodes[place].group
        if group is not None:
            sizes[group] += 1
    return msgspec.structs.replace(
        chart,
        nodes=tuple(chart.nodes[place] for place in kept),
        edges=tuple(
            Edge(new[e.low], new[e.high], e.linked, e.score)
            for e in chart.edges
            if e.low in new and e.high in new
        ),
        groups=tuple(_group(g, new, n) for g, n in zip(chart.groups, sizes, strict=True)),
        bridges=tuple(
            Bridge(new[b.node], b.parts, b.groups) for b in chart.bridges if b.node in new
        ),
    )


def _group(group: Group, new: Mapping[int, int], size: int) -> Group:
    introductions = tuple(
        Introduction(new[i.low], new[i.high], i.score, i.reasons)
        for i in group.introductions
        if i.low in new and i.high in new
    )
    return msgspec.structs.replace(
        group, centre=new.get(group.centre, -1), size=size, introductions=introductions
    )


def _joined_by(chart: Chart, name: str, known: Known) -> Chart:
    """The map with a newcomer beside its best matches, in the group of the best."""
    places = {node.id: place for place, node in enumerate(chart.nodes)}
    try:
        matches = known.index.related(name, limit=2 * _JOINED, least=Level.RELATED)
    except UnknownCommunityError:
        return chart
    near = [(places[m.id], m.score) for m in matches if m.id in places]
    near = near[:_JOINED]
    number = len(chart.nodes)
    group = chart.nodes[near[0][0]].group if near else None
    x, y = _beside([chart.nodes[place] for place, _ in near], number)
    node = Node(name, x, y, group, round(sum(score for _, score in near), 4))
    edges = tuple(Edge(place, number, False, round(score, 4)) for place, score in near)
    groups = list(chart.groups)
    if group is not None:
        groups[group] = msgspec.structs.replace(groups[group], size=groups[group].size + 1)
    return msgspec.structs.replace(
        chart,
        nodes=(*chart.nodes, node),
        edges=(*chart.edges, *edges),
        groups=tuple(groups),
    )


def _beside(near: Sequence[Node], number: int) -> tuple[float, float]:
    """Beside the best of them; in the band of those who stand alone where there are none."""
    if not near:
        left, top, right, _ = BAND
        return round(left + number * 61.8 % (right - left), 1), top
    best = near[0]
    return round(best.x + (_BESIDE if number % 2 else -_BESIDE), 1), round(best.y + _BESIDE, 1)


def _linked(chart: Chart, accepted: Iterable[Ids]) -> Chart:
    """The map with the links that there are now, in place of those when it was drawn."""
    places = {node.id: place for place, node in enumerate(chart.nodes)}
    linked = {
        (min(places[one], places[other]), max(places[one], places[other]))
        for one, other in accepted
        if one in places and other in places
    }
    if linked == {(edge.low, edge.high) for edge in chart.edges if edge.linked}:
        return chart
    scores = {(edge.low, edge.high): edge.score for edge in chart.edges}
    joined = sorted({pair for pair, score in scores.items() if score} | linked)
    return msgspec.structs.replace(
        chart,
        edges=tuple(Edge(*pair, pair in linked, scores.get(pair, 0.0)) for pair in joined),
        groups=tuple(
            msgspec.structs.replace(
                group,
                introductions=tuple(
                    i for i in group.introductions if (i.low, i.high) not in linked
                ),
            )
            for group in chart.groups
        ),
    )
