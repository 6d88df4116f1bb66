"""Groups of communities that hold together, each named by what its members say of themselves."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from math import log
from typing import NamedTuple

import networkx

from services.discovery.index import Document
from services.discovery.index.language import word, written_words
from services.discovery.map.graph import Edge
from services.discovery.map.material import Known, Material

_SEED = 1
_TOLD = 2  # topics in a name
_TOPICS = 5
_READ = 40  # members whose texts are read for the wording of a name
_HELD_BY = 0.15  # of a group's members at least, to tell of it; never by one member alone


class Group(NamedTuple):
    """Members by number; `centre` is the one with the strongest ties within."""

    centre: int
    members: tuple[int, ...]
    name: str = ""
    topics: tuple[str, ...] = ()


def find_groups(size: int, joined: Sequence[Edge]) -> list[Group]:
    """Detect groups (Louvain: Blondel et al. 2008), the greatest first; who is alone is in none.

    The same edges give the same groups: communities go in by number, with a fixed seed.
    """
    graph = networkx.Graph()
    within = {number for edge in joined for number in (edge.low, edge.high)}
    graph.add_nodes_from(number for number in range(size) if number in within)
    graph.add_weighted_edges_from((e.low, e.high, e.weight) for e in joined)
    found = networkx.community.louvain_communities(graph, seed=_SEED) if within else []
    group_of = {number: place for place, members in enumerate(found) for number in members}
    ties: Counter[int] = Counter()
    for edge in joined:
        if group_of[edge.low] == group_of[edge.high]:
            ties[edge.low] += round(edge.weight * 10_000)
            ties[edge.high] += round(edge.weight * 10_000)
    groups = [
        Group(min(members, key=lambda n: (-ties[n], n)), tuple(sorted(members)))
        for members in found
    ]
    return sorted(groups, key=lambda g: (-len(g.members), g.centre))


Read = Callable[[Sequence[int]], Sequence[Document]]


def name_groups(groups: Sequence[Group], material: Material, read: Read) -> list[Group]:
    """Name each group by the topics that tell it from the rest, else by its words.

    No two have the same name. `read` gives communities whole, by number.
    """
    spellings = _spellings(material.known)
    overall = Counter(key for known in material.known for key in _topics(known))
    named: list[Group] = []
    taken: set[str] = set()
    for group in groups:
        keys = _telling(group, material, overall)
        topics = tuple(spellings[key] for key in keys) or _words(group, material, read)
        named.append(group._replace(name=_name(topics, taken), topics=topics[:_TOPICS]))
        taken.add(named[-1].name.casefold())
    return named


def _name(topics: Sequence[str], taken: set[str]) -> str:
    for name in _names(topics):
        if name.casefold() not in taken:
            return name
    raise AssertionError("numbers have no end")


def _names(topics: Sequence[str]) -> Iterator[str]:
    if not topics:
        topics = ("Unnamed",)
    first = topics[0][:1].upper() + topics[0][1:]
    yield ", ".join((first, *topics[1:_TOLD]))
    for other in topics[_TOLD:]:
        yield f"{first}, {other}"
    plain, number = ", ".join((first, *topics[1:_TOLD])), 2
    while True:
        yield f"{plain} ({number})"
        number += 1


def topic_key(topic: str) -> str:
    """What topics are compared by: their stems, whatever their ending or case."""
    return " ".join(stem for written in written_words(topic) for stem in word(written).stems)


def _topics(known: Known) -> set[str]:
    return {key for topic in known.topics if (key := topic_key(topic))}


def _telling(group: Group, material: Material, overall: Counter[str]) -> list[str]:
    """The keys of topics by how much more often they are in the group than elsewhere."""
    counts = Counter(key for n in group.members for key in _topics(material.known[n]))
    size, everyone = len(group.members), len(material.known)
    least = max(min(2, size), _HELD_BY * size)

    def told(key: str) -> float:
        here, usual = counts[key] / size, (overall[key] + 1) / (everyone + 1)
        return counts[key] * log(1 + here / usual)

    held = [key for key, count in counts.items() if count >= least]
    return sorted(held, key=lambda key: (-round(told(key), 6), key))


def _spellings(known: Sequence[Known]) -> dict[str, str]:
    """Each topic as most write it."""
    written: dict[str, Counter[str]] = {}
    for community in known:
        for topic in dict.fromkeys(community.topics):
            written.setdefault(topic_key(topic), Counter())[topic] += 1
    return {key: min(forms, key=lambda f: (-forms[f], f)) for key, forms in written.items()}


def _words(group: Group, material: Material, read: Read) -> tuple[str, ...]:
    """The weightiest words of the group, as most of it write them."""
    weights: Counter[int] = Counter()
    held: Counter[int] = Counter()
    for number in group.members:
        terms, values = material.row(number)
        for term, value in zip(terms.tolist(), values.tolist(), strict=True):
            weights[term] += round(value * 10_000)
            held[term] += 1
    shared = [t for t in weights if held[t] >= min(2, len(group.members))]
    everyone = len(material)

    def told(term: int) -> float:
        usual = material.used[term] / everyone
        return float(weights[term] * log(1 + held[term] / len(group.members) / usual))

    best = sorted(shared, key=lambda t: (-told(t), material.stems[t]))[:_TOPICS]
    forms: dict[str, Counter[str]] = {}
    for document in read(group.members[:_READ]):
        for written in written_words(document.texts()):
            for stem in word(written).stems:
                forms.setdefault(stem, Counter())[written.lower()] += 1
    known = (material.stems[term] for term in best if material.stems[term] in forms)
    told_as = (min(f, key=lambda w: (-f[w], w)) for f in (forms[stem] for stem in known))
    return tuple(dict.fromkeys(told_as))  # a hyphenated word has a stem for each part
