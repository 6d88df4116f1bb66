"""The measure of rankings: nDCG@10."""

import json
import math
from pathlib import Path

import pytest

from services.discovery.evaluation import ndcg
from tests.bench.ranking import labels_of, mean_ndcg, ranking


def test_the_best_order_scores_1() -> None:
    assert ndcg(["a", "b", "x"], {"a": 3, "b": 1}) == 1.0


def test_nothing_relevant_found_scores_0() -> None:
    assert ndcg(["x", "y"], {"a": 3}) == 0.0


def test_a_place_further_down_counts_less_by_its_logarithm() -> None:
    assert ndcg(["x", "a"], {"a": 3}) == pytest.approx(1 / math.log2(3))


def test_what_comes_after_the_tenth_does_not_count() -> None:
    assert ndcg([*"abcdefghij", "z"], {"z": 3}) == 0.0


def test_a_query_that_was_not_ranked_counts_0() -> None:
    assert mean_ndcg({}, {"q": {"a": 1.0}}) == 0.0


def test_labels_leave_out_the_query_itself_and_what_is_not_relevant(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_text("q\ta\t3\nq\tq\t3\nq\tb\t0\n")
    assert labels_of(path) == {"q": {"a": 3.0}}


def test_counterparts_are_of_other_networks_and_found_without_the_name(tmp_path: Path) -> None:
    lines = [
        {"id": "1", "name": "Falls", "domain": "care homes", "network": "A"},
        {"id": "2", "name": "Falls", "domain": "bread", "network": "B"},
        {"id": "3", "name": "", "domain": "care homes", "network": "A"},
        {"id": "4", "name": "", "domain": "care homes", "network": "B"},
    ]
    text = "\n".join(json.dumps(line | {"topics": [], "region": ""}) for line in lines)
    (tmp_path / "set.jsonl").write_text(text)
    assert [m.id for m in ranking(tmp_path, "set-counterpart")["1"]] == ["4"]
    assert {m.id for m in ranking(tmp_path, "set")["1"]} == {"2", "3", "4"}
