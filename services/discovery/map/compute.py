"""From the communities' texts, vectors and links to the map: one pass, from beginning to end."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from services.discovery.index import Document
from services.discovery.index.levels import WITH_MEANING, Scales
from services.discovery.map import chart, graph
from services.discovery.map.groups import Group, find_groups, name_groups
from services.discovery.map.introductions import Introduction, missing_introductions, why
from services.discovery.map.layout import lay_out
from services.discovery.map.likeness import ALL_PAIRS, best_matches, levels_of
from services.discovery.map.material import Material
from services.discovery.map.palette import STYLES

ReadDocuments = Callable[[Sequence[str]], Mapping[str, Document]]
Ids = tuple[str, str]


def compute(
    material: Material,
    accepted: Iterable[Ids],
    read: ReadDocuments,
    before: chart.Chart | None = None,
    scales: Scales = WITH_MEANING,
) -> chart.Chart:
    """Make the map of some communities and the links between them.

    Groups, bridges and introductions follow from what is given alone: the same communities and
    links give the same. Places and colours go on from those of the map `before`.
    """
    numbers = {known.id: number for number, known in enumerate(material.known)}
    links = _numbered(accepted, numbers)
    matches = best_matches(material)
    least = levels_of(material, scales).related
    joined = graph.edges(matches, links, least)
    beside = graph.neighbours(len(material), joined)

    def read_numbers(wanted: Sequence[int]) -> list[Document]:
        ids = [material.known[number].id for number in wanted]
        found = read(ids)
        return [found[name] for name in ids if name in found]

    groups = name_groups(find_groups(len(material), joined), material, read_numbers)
    introduced = missing_introductions(groups, matches, material, links, least)
    told = _told([pair for pairs in introduced for pair in pairs], material, read)
    ids = [known.id for known in material.known]
    places = lay_out(ids, groups, joined, beside, before.places() if before else {})
    group_of = {n: place for place, group in enumerate(groups) for n in group.members}
    ties = _ties(joined)
    nodes = [chart.Node(name, *places[n], group_of.get(n), round(ties[n], 4))
             for n, name in enumerate(ids)]  # fmt: skip
    return chart.Chart(
        nodes=tuple(nodes),
        edges=tuple(chart.Edge(*edge) for edge in joined),
        groups=_groups(groups, ids, told, group_of, before),
        bridges=tuple(
            chart.Bridge(b.number, b.parts, _joins(b.number, beside, group_of))
            for b in graph.bridges(beside)
        ),
        meaning=bool(material.has_vector.any()),
        all_pairs=len(material) <= ALL_PAIRS,
    )


def _told(
    pairs: Sequence[Introduction], material: Material, read: ReadDocuments
) -> list[chart.Introduction]:
    """The pairs with what they have in common; one whose texts are gone meanwhile is left out."""
    found = read(sorted({material.known[n].id for pair in pairs for n in (pair.low, pair.high)}))
    told: list[chart.Introduction] = []
    for pair in pairs:
        one, other = (found.get(material.known[n].id) for n in (pair.low, pair.high))
        if one and other:
            told.append(chart.Introduction(*pair, why(pair, material, one, other)))
    return told


def _numbered(links: Iterable[Ids], numbers: Mapping[str, int]) -> frozenset[graph.Pair]:
    """Links between open communities, by their numbers."""
    known = ((numbers[a], numbers[b]) for a, b in links if a in numbers and b in numbers)
    return frozenset((min(pair), max(pair)) for pair in known)


def _ties(joined: Iterable[graph.Edge]) -> Counter[int]:
    ties: Counter[int] = Counter()
    for edge in joined:
        for end in (edge.low, edge.high):
            ties[end] += edge.weight  # type: ignore[assignment]
    return ties


def _joins(
    number: int, beside: Sequence[Sequence[graph.Pair]], group_of: Mapping[int, int]
) -> tuple[int, ...]:
    return tuple(sorted({group_of[other] for other, _ in beside[number]}))


def _groups(
    groups: Sequence[Group],
    ids: Sequence[str],
    told: Sequence[chart.Introduction],
    group_of: Mapping[int, int],
    before: chart.Chart | None,
) -> tuple[chart.Group, ...]:
    introductions: dict[int, list[chart.Introduction]] = {}
    for introduction in told:
        introductions.setdefault(group_of[introduction.low], []).append(introduction)
    return tuple(
        chart.Group(
            id=ids[group.centre],
            name=group.name,
            topics=group.topics,
            centre=group.centre,
            size=len(group.members),
            style=style,
            introductions=tuple(introductions.get(place, ())),
        )
        for place, (group, style) in enumerate(
            zip(groups, _styles(groups, ids, before), strict=True)
        )
    )


def _styles(groups: Sequence[Group], ids: Sequence[str], before: chart.Chart | None) -> list[int]:
    """A style for each group: that of the former group most of it was in, where it is free.

    There are 24; with more groups, the greatest have one of their own and the others share.
    """
    former = {
        node.id: before.groups[node.group].style
        for node in (before.nodes if before else ())
        if before and node.group is not None
    }
    free = list(range(STYLES))
    styles: list[int] = []
    for group in groups:
        worn = Counter(former[ids[n]] for n in group.members if ids[n] in former)
        wanted = min(worn, key=lambda s: (-worn[s], s), default=None)
        if wanted in free:
            styles.append(wanted)
            free.remove(wanted)
        else:
            styles.append(-1)
    shared = iter(range(len(groups)))
    return [s if s >= 0 else (free.pop(0) if free else next(shared) % STYLES) for s in styles]
