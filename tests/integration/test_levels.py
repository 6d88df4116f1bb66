"""Levels of relatedness, and how well the ranking does, as callers see them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.discovery.calibration import store, stored
from services.discovery.index.levels import WITH_MEANING
from tests.discovery import Discovery, open_discovery
from tests.meanings import Meanings

HOMES = "Preventing falls in care homes"


@pytest.fixture
def three(discoverer: Discovery) -> tuple[str, str, str]:
    """Two that work on the same, and one that does not."""
    return (
        discoverer.community("Falls", topics=["falls"], sectors=["charity"]),
        discoverer.community("Falls too", topics=["falls"]),
        discoverer.community("Bread", domain="Baking bread, when nobody falls ill"),
    )


def asked(discoverer: Discovery, path: str, **query: str) -> Any:
    discoverer.follower.catch_up(discoverer.service.database)
    answer = discoverer.anyone.ask("GET", path, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_each_item_says_its_level_and_where_it_stands_once(
    discoverer: Discovery, three: tuple[str, str, str]
) -> None:
    one, same, other = three
    found = asked(discoverer, f"/communities/{same}/related")
    levels = {item["id"]: item["level"] for item in found["items"]}
    assert levels == {one: "close", other: "nearest"}
    assert found["nearest"] is None
    assert found["items"][0]["sectors"] == ["charity"]
    assert all("charity" not in reason for reason in found["items"][0]["reasons"])
    found = asked(discoverer, f"/communities/{same}/related", min_level="related")
    assert [item["id"] for item in found["items"]] == [one]


def test_where_nobody_is_related_a_sentence_names_the_nearest(
    discoverer: Discovery, three: tuple[str, str, str]
) -> None:
    *_, other = three
    found = asked(discoverer, f"/communities/{other}/related", min_level="related")
    assert found["items"] == []
    named = {each["name"] for each in found["nearest"]["communities"]}
    assert named == {"Falls", "Falls too"}
    assert found["nearest"]["sentence"].startswith(
        "Nobody here works on quite the same yet; nearest in subject: Falls"
    )


def test_a_description_and_a_search_say_so_too(
    discoverer: Discovery, three: tuple[str, str, str]
) -> None:
    discoverer.follower.catch_up(discoverer.service.database)
    answer = discoverer.anyone.post("/related?min_level=close", {"domain": HOMES})
    assert {item["level"] for item in answer.json["items"]} == {"close"}
    found = asked(discoverer, "/search", q="preventing falls", min_level="related")
    assert set(three[:2]) == {item["id"] for item in found["items"]}
    assert found["nearest"] is None
    assert asked(discoverer, "/search", q="zebra")["nearest"] is None


def test_an_unknown_level_is_refused_by_name(
    discoverer: Discovery, three: tuple[str, str, str]
) -> None:
    discoverer.follower.catch_up(discoverer.service.database)
    for path in (f"/communities/{three[0]}/related?min_level=best", "/search?q=a&min_level=best"):
        answer = discoverer.anyone.get(path)
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["min_level"])


def test_what_use_has_judged_is_held_against_the_ranking(
    discoverer: Discovery, three: tuple[str, str, str]
) -> None:
    one, same, other = three
    discoverer.follower.catch_up(discoverer.service.database)
    assert discoverer.operator.get("/evaluation").json["labels"] == 0
    discoverer.link(one, same)
    at = f"/communities/{one}/related/{other}/feedback"
    discoverer.operator.ask("PUT", at, json={"verdict": "not-useful"})
    found = discoverer.operator.get("/evaluation").json
    assert found["labels"] == 3
    assert (found["ndcg"]["value"], found["ndcg"]["of"]) == (1.0, 2)
    assert (found["right"]["close"]["value"], found["right"]["close"]["of"]) == (1.0, 2)
    assert (found["right"]["nearest"]["value"], found["right"]["nearest"]["of"]) == (0.0, 1)
    assert discoverer.anyone.get("/evaluation").status_code == 401


def test_without_a_sentence_model_there_is_nothing_to_calibrate(
    discoverer: Discovery, three: tuple[str, str, str]
) -> None:
    asked(discoverer, f"/communities/{three[0]}/related")
    answer = discoverer.operator.post("/calibration", {})
    assert answer.status_code == 503
    assert "sentence model" in answer.json["detail"]


@pytest.fixture
def hearing(database_url: str, tmp_path: Path) -> Iterator[Discovery]:
    """Discovery that has a sentence model, on each database."""
    with open_discovery(database_url, tmp_path) as found:
        found.follower.hear(Meanings())  # type: ignore[arg-type]
        yield found


def test_a_calibration_says_what_it_did_holds_at_once_and_is_kept(hearing: Discovery) -> None:
    one = hearing.community("Falls")
    asked(hearing, f"/communities/{one}/related")
    answer = hearing.operator.post("/calibration", {})
    assert answer.status_code == 200, answer.text
    body = answer.json
    assert (body["judged_pairs"], body["judged_searches"], body["agreement"]) == (197, 36, 0.889)
    assert [fit["level"] for fit in body["pairs"]] == ["related", "close"]
    asked(hearing, f"/communities/{one}/related")
    known = hearing.follower.known
    assert known is not None
    assert known.index.scales.pairs.related == body["pairs"][0]["least"]
    with hearing.service.database.read() as connection:
        kept = list(connection.exec_driver_sql("SELECT model FROM calibrations"))
    assert len(kept) == 1
    with hearing.service.database.write() as connection:
        store(connection, kept[0][0], WITH_MEANING, "2026-01-01T00:00:00Z")
        assert stored(connection, kept[0][0]) == WITH_MEANING
