"""Vectors: made by the worker, kept in the table, followed by the web; and a model refused."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from services.discovery.follower import Follower
from services.discovery.meaning import files
from services.discovery.meaning.encoder import Encoder
from services.discovery.meaning.files import ModelRefusedError, read_model
from services.discovery.meaning.text import key_of
from services.discovery.meaning.work import Computing
from shared.database import Database
from shared.projection.generations import FOLLOWED, swap
from tests.integration.discovery_tables import compute_all, discovery_database, hashes, write

FALLS = "Preventing falls among the elderly"
TUMBLES = "Older people who stumble and are hurt"
BREAD = "Baking sourdough bread"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with discovery_database(database_url) as found:
        yield found


@pytest.fixture
def follower() -> Follower:
    found = Follower()
    found.load(None)
    return found


def missing(follower: Follower, database: Database) -> int:
    with database.read() as connection:
        return follower.without_vector(connection)


def related(follower: Follower, asked: str) -> dict[str, bool]:
    assert follower.known
    return {match.id: match.meaning for match in follower.known.index.related(asked)}


def test_words_serve_at_once_and_meaning_joins_them_when_the_vectors_are_there(
    database: Database, follower: Follower
) -> None:
    write(database, falls=FALLS, tumbles=TUMBLES, bread=BREAD)
    follower.catch_up(database)
    assert related(follower, "falls") == {}
    assert missing(follower, database) == 3
    compute_all(Computing(database, None))
    follower.catch_up(database)
    assert missing(follower, database) == 0
    assert related(follower, "falls") == {"tumbles": True}


def test_a_text_that_changes_gets_a_vector_of_its_own(
    database: Database, follower: Follower
) -> None:
    computing = Computing(database, None)
    write(database, falls=FALLS, other=BREAD)
    compute_all(computing)
    follower.catch_up(database)
    assert related(follower, "falls") == {}
    write(database, other=TUMBLES)
    follower.catch_up(database)
    assert missing(follower, database) == 1
    compute_all(computing)
    follower.catch_up(database)
    assert related(follower, "falls") == {"other": True}


def test_what_has_a_vector_is_not_made_again_by_a_rebuild_or_another_start(
    database: Database, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(database, falls=FALLS, tumbles=TUMBLES)
    compute_all(Computing(database, None))
    write(database, generation=2, falls=FALLS, tumbles=TUMBLES)
    with database.write() as connection:
        swap(connection, FOLLOWED)
    again = Computing(database, None)
    monkeypatch.setattr(Encoder, "encode", _never)
    monkeypatch.setattr(Encoder, "__init__", _of_the_packaged_model)
    compute_all(again)
    monkeypatch.undo()
    follower.catch_up(database)
    assert missing(follower, database) == 0
    assert related(follower, "falls") == {"tumbles": True}


def _never(self: Encoder, text: str, most_tokens: int = 0) -> None:
    raise AssertionError(f"a vector is made of {text!r}")


def _of_the_packaged_model(self: Encoder, model: files.ModelFiles) -> None:
    self.name, self.id, self.dimensions = model.name, model.id, 384


def test_vectors_of_texts_that_nobody_has_go_at_the_next_start(database: Database) -> None:
    write(database, falls=FALLS)
    compute_all(Computing(database, None))
    write(database, falls=TUMBLES)
    compute_all(Computing(database, None))
    assert hashes(database) == {key_of(TUMBLES)}


def test_a_model_of_another_hash_is_refused_and_words_alone_serve(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package, name, sha256 = files._MODEL
    monkeypatch.setattr(files, "_MODEL", (package, name, sha256[::-1]))
    with pytest.raises(ModelRefusedError, match=f"has sha256 {sha256}, not {sha256[::-1]}"):
        read_model(None)
    write(database, falls=FALLS, tumbles=TUMBLES, more="Preventing falls at home")
    compute_all(Computing(database, None))
    follower = Follower()
    follower.load(None)
    follower.catch_up(database)
    assert hashes(database) == set()
    assert missing(follower, database) == 0
    assert related(follower, "falls") == {"more": False}
    assert capsys.readouterr().out.count("words alone serve") == 2


def test_a_package_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_TOKENIZER", ("no-such-package", "tokenizer.json", ""))
    with pytest.raises(ModelRefusedError, match="no-such-package"):
        read_model(None)


def test_an_operators_own_model_is_used_by_the_name_of_its_folder(
    database: Database, tmp_path: Path
) -> None:
    folder = own_folder(tmp_path)
    write(database, falls=FALLS, tumbles=TUMBLES)
    compute_all(Computing(database, folder))
    follower = Follower()
    follower.load(folder)
    follower.catch_up(database)
    assert follower.known
    assert follower.known.model == "our-model"
    assert related(follower, "falls") == {"tumbles": True}


def test_vectors_of_another_model_are_made_anew(database: Database, tmp_path: Path) -> None:
    write(database, falls=FALLS)
    compute_all(Computing(database, None))
    folder = own_folder(tmp_path)
    with (folder / "tokenizer.json").open("a") as tokenizer:
        tokenizer.write("\n")
    follower = Follower()
    follower.load(folder)
    follower.catch_up(database)
    assert missing(follower, database) == 1
    compute_all(Computing(database, folder))
    follower.catch_up(database)
    assert missing(follower, database) == 0


def test_files_that_hold_no_model_are_refused(tmp_path: Path) -> None:
    folder = own_folder(tmp_path)
    (folder / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelRefusedError, match="our-model does not load"):
        Encoder(read_model(folder))


def own_folder(tmp_path: Path) -> Path:
    (folder := tmp_path / "our-model").mkdir()
    packaged = read_model(None)
    (folder / "model.onnx").write_bytes(packaged.model)
    (folder / "tokenizer.json").write_bytes(packaged.tokenizer)
    return folder


def test_vectors_have_length_1_and_like_texts_are_near_one_another() -> None:
    encoder = Encoder(read_model(None))
    falls, tumbles, bread, nothing = map(encoder.encode, (FALLS, TUMBLES, BREAD, ""))
    for vector in (falls, tumbles, bread, nothing):
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert falls @ tumbles > 0.4 > falls @ bread


def test_a_text_is_cut_where_it_was_asked_to_be() -> None:
    encoder = Encoder(read_model(None))
    start, end = " ".join(["falls"] * 100), " ".join(["bread"] * 300)
    assert np.array_equal(encoder.encode(start, 50), encoder.encode(f"{start} {end}", 50))
    assert not np.array_equal(encoder.encode(start), encoder.encode(f"{start} {end}"))
