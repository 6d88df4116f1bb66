"""Meaning between real processes: the worker makes vectors, the web picks them up and ranks."""

from pathlib import Path

import pytest

from shared.settings import SettingsError, load_settings
from tests.platform import Platform
from tests.servers import await_that

pytestmark = pytest.mark.timeout(180)
TOKENS = {f"HEDGEROW_{n}": "x" * 16 for n in ("OPERATOR_TOKEN", "SERVICE_TOKEN", "SECRET")}


def register(platform: Platform, name: str, domain: str) -> str:
    answer = platform.client("registry").post("/communities", json={"name": name, "domain": domain})
    answer.raise_for_status()
    return str(answer.json()["id"])


def test_a_real_worker_makes_vectors_and_a_real_web_ranks_by_them(tmp_path: Path) -> None:
    with Platform(tmp_path) as platform:
        falls = register(platform, "Steady", "Preventing falls among the elderly")
        tumbles = register(platform, "On our feet", "Older people who stumble and are hurt")
        platform.await_caught_up()
        client = platform.client("discovery", None)
        answer = client.get(f"/communities/{falls}/related").json()
        assert [item["id"] for item in answer["items"]] == [tumbles]
        assert answer["items"][0]["reasons"] == ["Much alike in meaning, in other words"]
        assert answer["algorithm"] == "words+meaning (all-MiniLM-L6-v2 int8)"
        described = {"domain": "Old people who fall over and get injured"}
        found = client.post("/related", json=described).json()
        assert {item["id"] for item in found["items"]} == {falls, tumbles}
        found = client.get("/search", params={"q": "pensioners falling"}).json()
        assert found["items"][0]["id"] == falls
        (mark,) = [h for h in found["items"][0]["highlights"] if h["field"] == "domain"]
        assert [mark["text"][start:end] for start, end in mark["matches"]] == ["falls"]


def test_a_platform_whose_model_is_refused_is_well_and_serves_by_words(tmp_path: Path) -> None:
    (folder := tmp_path / "broken").mkdir()
    (folder / "model.onnx").write_bytes(b"no model")
    (folder / "tokenizer.json").write_text("{}")
    settings = {"HEDGEROW_EMBEDDING_MODEL": str(folder)}
    with Platform(tmp_path / "data", settings=settings) as platform:
        falls = register(platform, "Steady", "Preventing falls")
        other = register(platform, "On our feet", "Falls at home")
        platform.await_caught_up()
        answer = platform.client("discovery", None).get(f"/communities/{falls}/related").json()
        assert [item["id"] for item in answer["items"]] == [other]
        assert answer["algorithm"] == "words"
        assert platform.status("discovery")["pending"]["vectors to compute"] == 0
        for role in ("discovery web", "discovery worker"):
            await_that(lambda role=role: "words alone serve" in platform.log(role))


def test_a_folder_without_a_model_is_named_among_the_wrong_settings(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").touch()
    with pytest.raises(SettingsError) as caught:
        load_settings({**TOKENS, "HEDGEROW_EMBEDDING_MODEL": str(tmp_path)})
    assert caught.value.problems == [
        f"HEDGEROW_EMBEDDING_MODEL: {tmp_path.resolve()} has no tokenizer.json"
    ]
