"""What links do for the ranking: `python -m tests.bench.held_back FOLDER`.

FOLDER holds labelled sets as for `tests.bench.ranking`; searches are left out. Of all pairs that a
set's labels have, a part taken at random are links that were agreed; related communities are then
measured on the labels of the other pairs, without those linked already. Prints for each set and
part the nDCG@10 without links, and what links add to it: mean and standard deviation over the
draws, and the share of queries that gain and that lose. `rewired` is the control, where the same
communities have as many links each, with others: it gains what comes of having links at all.
"""

import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev

from services.discovery.evaluation import DEPTH, ndcg
from services.discovery.index import Index
from services.discovery.index.index import Scope
from services.discovery.index.ties import LinksOf
from tests.bench.parts import parts
from tests.bench.ranking import SCOPES, Labels, filled, labels_of

PARTS = (0.1, 0.3, 0.5)
DRAWS = 5

Links = Mapping[str, frozenset[str]]


def pairs_of(labels: Labels) -> list[tuple[str, str]]:
    """Give each labelled pair once, whichever way round it was labelled."""
    return sorted({(min(q, d), max(q, d)) for q, found in labels.items() for d in found})


def drawn(pairs: Iterable[tuple[str, str]], part: float, seed: int) -> list[tuple[str, str]]:
    """Draw about a part, 0 to 1, of the pairs."""
    pick = random.Random(seed)
    return [pair for pair in pairs if pick.random() < part]


def rewired(pairs: Sequence[tuple[str, str]], seed: int) -> list[tuple[str, str]]:
    """Give each community as many links as it has, with others at random."""
    ends = [end for pair in pairs for end in pair]
    random.Random(seed).shuffle(ends)
    return list(zip(ends[::2], ends[1::2], strict=True))


def links_by(pairs: Iterable[tuple[str, str]]) -> Links:
    """Give whom each community is linked with."""
    linked: dict[str, set[str]] = {}
    for one, other in pairs:
        if one != other:
            linked.setdefault(one, set()).add(other)
            linked.setdefault(other, set()).add(one)
    return {community: frozenset(others) for community, others in linked.items()}


def rest_of(labels: Labels, links: Links) -> Labels:
    """Give the labels without those of pairs that are linked, and queries that have some left."""
    left = {
        query: {d: r for d, r in found.items() if d not in links.get(query, ())}
        for query, found in labels.items()
    }
    return {query: found for query, found in left.items() if found}


def scores(
    index: Index, scope: Scope | None, rest: Labels, links: Links, asked: Links | None
) -> list[float]:
    """Give the nDCG@10 of each query, those of its `links` left out; `asked` have their part."""
    links_of = _links_of(asked) if asked is not None else None
    return [
        ndcg(
            [
                match.id
                for match in index.related(
                    query,
                    limit=DEPTH,
                    scope=scope,
                    without=links.get(query, ()),
                    links_of=links_of,
                )
            ],
            relevance,
        )
        for query, relevance in rest.items()
    ]


def _links_of(links: Links) -> LinksOf:
    return lambda communities: {c: links[c] for c in communities if c in links}


def lines(folder: Path, name: str, make_index: Callable[[], Index]) -> Iterator[str]:
    """Measure one set, a line for each part."""
    index, task, documents = filled(folder, name, make_index)
    here = {document.id for document in documents}
    labels = {q: found for q, found in labels_of(folder / f"{name}.qrels.tsv").items() if q in here}
    pairs = pairs_of(labels)
    for part in PARTS:
        base, gains, controls = [], [], []
        better, worse = [], []
        for seed in range(DRAWS):
            known = drawn(pairs, part, seed)
            links = links_by(known)
            rest = rest_of(labels, links)
            plain = scores(index, SCOPES[task], rest, links, None)
            gain = _less(scores(index, SCOPES[task], rest, links, links), plain)
            other = links_by(rewired(known, seed))
            control = _less(scores(index, SCOPES[task], rest, links, other), plain)
            base.append(fmean(plain))
            gains.append(fmean(gain))
            controls.append(fmean(control))
            better.append(fmean(g > 0 for g in gain))
            worse.append(fmean(g < 0 for g in gain))
        yield (
            f"{name:18}{part:6.0%}{fmean(base):10.4f}{_spread(gains)}"
            f"{fmean(better):8.0%}{fmean(worse):8.0%}{_spread(controls)}"
        )


def _less(these: Sequence[float], those: Sequence[float]) -> list[float]:
    return [this - that for this, that in zip(these, those, strict=True)]


def _spread(values: Sequence[float]) -> str:
    return f"{fmean(values):+10.4f} ± {stdev(values):.4f}"


def main(folder: Path, make_index: Callable[[], Index]) -> None:
    """Print the table of all sets in a folder."""
    print(
        f"{'held back':18}{'links':>6}{'without':>10}{'gain':>10}{'':9}{'gain':>8}{'lose':>8}"
        f"{'rewired':>10}",
        flush=True,
    )
    for path in sorted(folder.glob("*.qrels.tsv")):
        name = path.name.removesuffix(".qrels.tsv")
        if not name.endswith("-search"):
            for line in lines(folder, name, make_index):
                print(line, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), parts()["all"])
