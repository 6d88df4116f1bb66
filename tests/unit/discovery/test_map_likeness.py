"""The map's scores are those that `related` shows, for all communities at once."""

import numpy as np
import pytest

from services.discovery.follower import as_document
from services.discovery.index import Index
from services.discovery.map.cells import cells
from services.discovery.map.likeness import best_matches
from services.discovery.map.material import gather
from services.discovery.meaning.store import Stored
from services.discovery.meaning.text import key_of, text_of
from services.discovery.meaning.vectors import Vectors
from services.discovery.meaning.voice import MeaningVoice
from tests.bench.landscapes import Landscape
from tests.bench.mapping import Themes

SIZE = 120


class NeverAsked:
    """Stands where the sentence model would: everything asked about is stored."""

    name = id = "none"


@pytest.mark.parametrize("with_vector", [0, SIZE // 2, SIZE])
def test_the_best_matches_are_those_that_related_finds_with_the_same_scores(
    with_vector: int,
) -> None:
    rows = [r for r in Landscape(SIZE).rows() if r["content"]["state"] != "closed"]
    documents = [as_document(r) for r in rows]
    numbers = np.random.default_rng(1).standard_normal((len(rows), 64)).astype(np.float32)
    numbers /= np.linalg.norm(numbers, axis=1, keepdims=True)
    stored = [Stored(key_of(text_of(d)), v) for d, v in zip(documents, numbers, strict=True)][
        :with_vector
    ]
    voices = []
    if with_vector:
        vectors = Vectors(64)
        vectors.add(stored)
        voices = [MeaningVoice(vectors, NeverAsked())]
    index = Index(voices=voices)
    index.put_many(documents)
    matches = best_matches(gather(rows, stored), kept=5)
    for number in range(0, len(rows), 7):
        related = index.related(rows[number]["id"], limit=SIZE)
        found = {m.id: m.score for m in sorted(related, key=lambda m: -m.score)[:5]}
        best = {
            rows[other]["id"]: score
            for other, score in zip(
                matches.others[number].tolist(), matches.scores[number].tolist(), strict=True
            )
            if other >= 0
        }
        assert list(best.values()) == pytest.approx(list(found.values()), abs=3e-3)
        assert len(best.keys() & found.keys()) >= 4


def test_nobody_is_their_own_match_and_closed_communities_are_nobodys() -> None:
    rows = list(Landscape(60).rows())
    gathered = gather(rows, ())
    matches = best_matches(gathered)
    assert len(gathered) == sum(r["content"]["state"] != "closed" for r in rows)
    for number, others in enumerate(matches.others.tolist()):
        assert number not in others


def test_beyond_the_bound_nearly_all_best_matches_are_found_among_the_nearest_cells() -> None:
    landscape = Themes(1_200)
    rows = list(landscape.rows())
    vectors = (
        Stored(key_of(text_of(as_document(r))), v)
        for r, v in zip(rows, landscape.vectors(), strict=True)
    )
    gathered = gather(rows, vectors)
    whole, part = best_matches(gathered, kept=4), best_matches(gathered, kept=4, all_pairs=800)
    same = (whole.others[:, 0] == part.others[:, 0]).mean()
    assert same > 0.9
    assert best_matches(gathered, 4, 800).others.tolist() == part.others.tolist()


def test_every_community_is_in_one_cell_and_is_compared_with_no_more_than_the_bound() -> None:
    features = np.random.default_rng(2).standard_normal((9_000, 8)).astype(np.float32)
    seen = []
    for asked, among in cells(features, 4_000):
        seen += asked.tolist()
        assert len(among) <= 4_000
    assert sorted(seen) == list(range(9_000))
