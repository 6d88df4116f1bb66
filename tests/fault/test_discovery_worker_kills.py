"""kill -9 of discovery's worker while communities are registered: each match told exactly once."""

import random
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.platform import Platform

COMMUNITIES, SEARCHES, SEED = 30, 12, 3
WORDS = ("falls", "dementia", "sepsis", "wounds")


@pytest.mark.timeout(120)
def test_saved_searches_tell_exactly_once_however_often_the_worker_is_killed(tmp_path: Path):
    (folder := tmp_path / "no model").mkdir()  # words alone: the worker is at its work at once
    (folder / "model.onnx").write_bytes(b"none")
    (folder / "tokenizer.json").write_text("{}")
    settings = {"HEDGEROW_EMBEDDING_MODEL": str(folder)}
    services = ("registry", "scheduling", "discovery")
    with Platform(tmp_path / "platform", services=services, settings=settings) as platform:
        searches = _save(platform)
        done = threading.Event()
        kills = threading.Thread(target=_kill, args=(platform, done))
        kills.start()
        try:
            expected = _register(platform, searches)
        finally:
            done.set()
            kills.join()
        platform.await_caught_up()
        assert _told(platform) == expected


def _save(platform: Platform) -> dict[str, str]:
    """Searches by id, each for one of the words."""
    platform.client("registry").post("/communities", json={"name": "A", "domain": "none"})
    answer = platform.client("registry").post("/people", json={"name": "Ada"})
    person = answer.json()["id"]
    platform.await_caught_up()
    searches = {}
    for number in range(SEARCHES):
        word = WORDS[number % len(WORDS)]
        body = {"person": person, "q": word}
        answer = platform.client("discovery").post("/saved-searches", json=body)
        assert answer.status_code == 201, answer.text
        searches[answer.json()["id"]] = word
    return searches


def _kill(platform: Platform, done: threading.Event) -> None:
    chance = random.Random(SEED)
    while not done.wait(chance.uniform(0.3, 1.5)):
        platform.kill("discovery worker")
        platform.start("discovery worker")


def _register(platform: Platform, searches: dict[str, str]) -> Counter[tuple[str, str]]:
    """Communities with one or two of the words; what is to be told of them."""
    chance, expected = random.Random(SEED), Counter[tuple[str, str]]()
    registry = platform.client("registry")
    for number in range(COMMUNITIES):
        words = chance.sample(WORDS, chance.randint(1, 2))
        body = {"name": f"Group {number}", "domain": " and ".join(words)}
        answer = registry.post("/communities", json=body)
        assert answer.status_code == 201, answer.text
        community = answer.json()["id"]
        if number % 3 == 0:  # one that changes again is told no second time
            path = f"/communities/{community}"
            answer = registry.patch(path, json={"practice": "meets"}, headers={"If-Match": "*"})
            assert answer.status_code == 200, answer.text
        expected.update((key, community) for key, word in searches.items() if word in words)
        time.sleep(0.1)
    return expected


def _told(platform: Platform) -> Counter[tuple[str, str]]:
    told: Counter[tuple[str, str]] = Counter()
    cursor = ""
    while True:
        query = "types=discovery.saved-search.matched&limit=1000"
        page = platform.client("discovery").get(f"/events?{query}{cursor}").json()
        told.update((e["subject"], e["data"]["community"]) for e in page["events"])
        if not page["events"]:
            return told
        cursor = f"&after={page['next']}"
