"""The index against the plainest reckoning of the same scores, where it no longer tries all."""

import math
import random
from collections.abc import Mapping, Sequence

import pytest

from services.discovery.index import Document, Index, question, ranking
from services.discovery.index.bag import bag
from services.discovery.index.pool import SHOWN
from services.discovery.index.words import norms

COMMUNITIES = 1200


def landscape(seed: int) -> list[Document]:
    """Communities whose words are as unevenly frequent as words are."""
    chance = random.Random(seed)
    words = [f"word{n}" for n in range(500)]
    frequent = [1.0 / (n + 1) for n in range(500)]
    texts = (chance.choices(words, frequent, k=chance.randint(5, 60)) for _ in range(COMMUNITIES))
    return [
        Document(id=f"com_{n:04}", name="", domain=" ".join(text)) for n, text in enumerate(texts)
    ]


def reckoned(documents: Sequence[Document], asked: Document) -> Mapping[str, float]:
    """Give the cosine of every document with the one asked about, by the definition."""
    bags = {document.id: bag(document).weights for document in documents}
    used: dict[str, int] = {}
    for weights in bags.values():
        for stem in weights:
            used[stem] = used.get(stem, 0) + 1
    vectors = {
        name: {stem: w * math.log(1 + len(documents) / used[stem]) for stem, w in weights.items()}
        for name, weights in bags.items()
    }
    own = vectors[asked.id]

    def cosine(other: Mapping[str, float]) -> float:
        product = sum(value * other.get(stem, 0.0) for stem, value in own.items())
        return product / (math.hypot(*own.values()) * math.hypot(*other.values()))

    return {name: cosine(vector) for name, vector in vectors.items() if name != asked.id}


@pytest.fixture(params=["few are scored", "few words are looked up"])
def shortcut(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes at this size the shortcuts that are meant for a hundred times as many."""
    if request.param == "few are scored":
        monkeypatch.setattr(ranking, "_SCORED_LEAST", 0)
    else:
        monkeypatch.setattr(question, "_LOOKED_UP", 5_000)


@pytest.mark.usefixtures("shortcut")
@pytest.mark.parametrize("seed", [1, 2])
def test_the_ten_best_are_those_of_the_definition_with_its_scores(seed: int) -> None:
    documents = landscape(seed)
    index = Index()
    index.put_many(documents[:1050])
    for document in documents[1050:]:
        index.put(document)
    for asked in documents[::100]:
        scores = reckoned(documents, asked)
        best = sorted(scores, key=lambda name: (-round(scores[name], 6), name))[:10]
        found = sorted(index.related(asked, limit=SHOWN), key=lambda m: (-m.score, m.id))[:10]
        assert [match.id for match in found] == best
        assert [match.score for match in found] == pytest.approx(
            [scores[match.id] for match in found], abs=2e-6
        )


def test_the_lengths_by_which_rough_scores_are_divided_lag_by_a_tenth_at_most() -> None:
    index = Index()
    for document in landscape(3):
        index.put(document)
    snapshot = index._snapshot
    lengths = norms(snapshot.rows(range(len(index))), snapshot.counts.used, len(index))
    assert snapshot.inverse_norms * lengths == pytest.approx(1.0, abs=0.1)
    assert snapshot.inverse_norms * lengths != pytest.approx(1.0, abs=1e-6)
