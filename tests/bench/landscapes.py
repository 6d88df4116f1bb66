"""Landscapes of any size to measure discovery on: communities of about 70 words, and vectors."""

import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

import services.discovery
from services.discovery.follower import as_document
from services.discovery.meaning.files import read_model
from services.discovery.meaning.store import write_vectors
from services.discovery.meaning.text import key_of, text_of
from services.discovery.projections.registry import DOCUMENTS
from shared.database import Database
from shared.migrations.migrate import migrate
from shared.projection.projection import Row, write_rows

MIGRATIONS = Path(services.discovery.__file__).parent / "migrations"
_WORDS, _DIMENSIONS, _BATCH = 40_000, 384, 2_000
_SYLLABLES = [c + v for c in "bcdfglmnprstv" for v in "aeiou"]


class Landscape:
    """Always the same for the same size. Words are as unevenly frequent as real ones (Zipf)."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._random = random.Random(size)
        pick = random.Random(1)
        made = {"".join(pick.choices(_SYLLABLES, k=pick.randint(2, 5))) for _ in range(2 * _WORDS)}
        self.words = sorted(made)[:_WORDS]
        pick.shuffle(self.words)
        self._weights = list(accumulate(1 / (rank + 30) for rank in range(len(self.words))))

    def text(self, words: int) -> str:
        """Some words, the frequent ones often."""
        return " ".join(self._random.choices(self.words, cum_weights=self._weights, k=words))

    def rows(self) -> Iterator[Row]:
        """The communities as discovery's table holds them; one in twenty is closed."""
        for number in range(self.size):
            content: dict[str, Any] = {
                "name": self.text(4),
                "domain": self.text(60),
                "practice": "",
                "learning_question": "",
                "topics": [self.text(1) for _ in range(4)],
                "sectors": [f"sector {number % 7}"],
                "region": f"region {number % 11}",
                "networks": [f"net_{number % 15}"],
                "stage": "maturing",
                "state": "closed" if number % 20 == 19 else "active",
                "successors": [name(number - 1)] if number % 20 == 19 else [],
            }
            yield {
                "id": name(number),
                "version": 1,
                "at": "2026-01-01T00:00:00Z",
                "content": content,
            }


def name(number: int) -> str:
    """The id of the community of this number."""
    return f"com_{number:020}"


def fill(url: str, landscape: Landscape) -> None:
    """Write a landscape into discovery's empty database, with a random vector for each text.

    Making real vectors takes an hour for 100,000; for speed it does not matter what is in them.
    """
    migrate(url, url, MIGRATIONS)
    database = Database(url)
    numbers, model = np.random.default_rng(1), read_model(None).id
    for batch in batched_rows(landscape.rows()):
        texts = [key_of(text_of(as_document(row))) for row in batch]
        vectors = numbers.standard_normal((len(texts), _DIMENSIONS)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        with database.write() as connection:
            write_rows(connection, DOCUMENTS, 1, {}, {row["id"]: row for row in batch})
            write_vectors(connection, dict(zip(texts, vectors, strict=True)), model)
    database.close()


def batched_rows(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Some thousands at a time."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
