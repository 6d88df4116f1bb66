"""How well discovery ranks, on labelled sets: `python -m tests.bench.ranking FOLDER [RUNS]`.

FOLDER holds sets as `NAME.jsonl` (one community a line: id, name, domain, topics, network,
region) and labels as `NAME.qrels.tsv` or `NAME-TASK.qrels.tsv` (query id, document id,
relevance 0–3). The tasks:

- none: related communities, name and domain, all networks;
- `-counterpart`: related communities of other networks, the names left out;
- `-search` (with `NAME-search.queries.jsonl`: id, text): search, the names left out.

Prints one table of nDCG@10, with each part of the ranking on and off. With RUNS, a folder, also
writes each ranking there as a run file (query id, document id, score).
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.discovery.evaluation import DEPTH, ndcg
from services.discovery.index import Document, Index, Match
from services.discovery.index.index import Scope
from tests.bench.parts import parts

SCOPES: Mapping[str, Scope | None] = {"": None, "counterpart": "other-networks"}

Labels = Mapping[str, Mapping[str, float]]
Ranking = dict[str, list[Match]]
Choices = Mapping[str, Callable[[], Index]]


def ranking(folder: Path, name: str, make_index: Callable[[], Index] = Index) -> Ranking:
    """Rank one labelled set as its task says."""
    index, task, documents = filled(folder, name, make_index)
    if task == "search":
        queries = _lines(folder / f"{name}.queries.jsonl")
        return {q["id"]: index.search(q["text"], limit=DEPTH).matches for q in queries}
    return {d.id: index.related(d.id, limit=DEPTH, scope=SCOPES[task]) for d in documents}


def filled(
    folder: Path, name: str, make_index: Callable[[], Index]
) -> tuple[Index, str, Sequence[Document]]:
    """Give an index of one labelled set, its task ("" for none), and what is in it."""
    corpus, _, task = name.partition("-")
    if not (folder / f"{corpus}.jsonl").exists() or task not in {"counterpart", "search"}:
        corpus, task = name, ""
    documents = [_document(line) for line in _lines(folder / f"{corpus}.jsonl")]
    if task:
        documents = [replace(document, name="") for document in documents]
    index = make_index()
    index.put_many(documents)
    return index, task, documents


def labels_of(path: Path) -> Labels:
    """Read the relevance of documents by query; a query's own id and relevance 0 do not count."""
    labels: dict[str, dict[str, float]] = defaultdict(dict)
    for line in path.read_text(encoding="utf-8").splitlines():
        query, document, relevance = line.split("\t")[:3]
        if query != document and float(relevance) > 0:
            labels[query][document] = float(relevance)
    return labels


def mean_ndcg(ranks: Ranking, labels: Labels) -> float:
    """Give the mean over all labelled queries; one that was not ranked counts 0."""
    scores = [ndcg([m.id for m in ranks.get(query, [])], labels[query]) for query in labels]
    return sum(scores) / len(scores) if scores else 0.0


def _document(line: Mapping[str, Any]) -> Document:
    return Document(
        id=line["id"],
        name=line["name"],
        domain=line["domain"],
        topics=tuple(line["topics"]),
        region=line["region"],
        networks=(line["network"],) if line["network"] else (),
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _write_run(path: Path, ranks: Ranking) -> None:
    rows = (f"{q}\t{match.id}\t{match.score}\n" for q, found in ranks.items() for match in found)
    path.write_text("".join(rows), encoding="utf-8")


def main(folder: Path, choices: Choices, runs: Path | None = None) -> None:
    """Print the table, a line for each choice of parts, and write the runs of all of them."""
    sets = sorted(path.name.removesuffix(".qrels.tsv") for path in folder.glob("*.qrels.tsv"))
    labels = {name: labels_of(folder / f"{name}.qrels.tsv") for name in sets}
    print("nDCG@10".ljust(18) + "".join(f"{name:>20}" for name in sets), flush=True)
    for part, make_index in choices.items():
        print(f"{part:18}", end="", flush=True)
        for name in sets:
            ranks = ranking(folder, name, make_index)
            print(f"{mean_ndcg(ranks, labels[name]):20.4f}", end="", flush=True)
            if runs and part == "all":
                runs.mkdir(parents=True, exist_ok=True)
                _write_run(runs / f"{name}.run.tsv", ranks)
        print()


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), parts(), *map(Path, sys.argv[2:]))
