"""Keeps the web process's index level with the tables that the worker writes."""

import gc
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from services.discovery.calibration import stored
from services.discovery.index import Document, Index
from services.discovery.index.levels import WITH_MEANING, Scales
from services.discovery.meaning.encoder import Encoder
from services.discovery.meaning.files import PACKAGED
from services.discovery.meaning.heard import Meaning, by, load
from services.discovery.meaning.voice import MeaningVoice
from services.discovery.networks import Networks
from services.discovery.projections.registry import DOCUMENTS, NETWORKS
from shared.connection import Connection
from shared.database import Database
from shared.projection.follow import Mark, horizon, rows_since
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import Row, load_rows

log = structlog.get_logger()
_LOOK_SECONDS = 0.025
_FIRST = -(2**62)  # before any mark


@dataclass(frozen=True)
class Known:
    """The index and what goes with it: swapped as a whole when the tables were rebuilt."""

    index: Index
    networks: Networks
    versions: dict[str, int]  # of each community in the index
    marks: dict[str, Mark]
    voice: MeaningVoice | None = None
    model: str | None = None  # the name of the sentence model, where there is one


class Follower:
    """`known` is None until the index was filled for the first time."""

    def __init__(self) -> None:
        self.known: Known | None = None
        self.indexed_through: str | None = None
        self._meaning: Meaning | None = None
        self._scales: Scales | None = None  # None until they were looked up

    def start(self, database: Database, model: Path | None) -> None:
        """Follow in a thread of its own, for the life of the process. `model` is the operator's."""
        threading.Thread(
            target=self._run, args=(database, model), name="follower", daemon=True
        ).start()

    def hear(self, encoder: Encoder | None) -> None:
        """Use a model that is loaded already; words alone where it is None."""
        self._meaning = by(encoder) if encoder is not None else None

    def load(self, model: Path | None) -> None:
        """Load the sentence model; where it is refused, words alone serve."""
        self._meaning = load(model)

    def calibrated(self, scales: Scales) -> None:
        """Let scores mean this from the next look on."""
        self._scales = scales

    def _what_scores_mean(self, connection: Connection) -> Scales:
        """Give what was calibrated for an operator's own model; else what holds for ours."""
        if self._meaning is None or self._scales is not None:
            return self._scales or WITH_MEANING
        model = self._meaning.asked
        self._scales = stored(connection, model.id)
        if self._scales is None:
            self._scales = WITH_MEANING
            if model.name != PACKAGED:
                log.warning(
                    "what scores mean is not calibrated for this model: run hedgerow calibrate",
                    model=model.name,
                )
        return self._scales

    def without_vector(self, _connection: Connection) -> int:
        """How many communities of the index have no vector yet; none where there is no model."""
        voice = self.known.voice if self.known else None
        return voice.missing if voice else 0

    def behind(self, connection: Connection) -> int:
        """How many communities changed in the tables that the index does not have so yet."""
        known = self.known or self._nothing(active(connection, FOLLOWED))
        rows = rows_since(connection, DOCUMENTS, known.marks[DOCUMENTS.table])
        return sum(row["version"] != known.versions.get(row["id"]) for row in rows)

    def has(self, connection: Connection, stream: str) -> bool:
        """Whether the index has a community, or a network's name, as the tables have them."""
        generation, known = active(connection, FOLLOWED), self.known
        row = load_rows(connection, DOCUMENTS, generation, [stream]).get(stream)
        if row is not None:
            return known is not None and known.versions.get(stream, 0) >= row["version"]
        row = load_rows(connection, NETWORKS, generation, [stream]).get(stream)
        return row is None or (known is not None and known.networks.knows(stream, row["content"]))

    def catch_up(self, database: Database) -> None:
        """Take up what changed since last time; all of it the first time, or after a rebuild."""
        started = time.perf_counter()
        if self.known is None:
            gc.disable()  # nothing of what is loaded is garbage
        known = self.known or self._nothing(1)
        with database.read() as connection:
            scales = self._what_scores_mean(connection)
            learnt = self._meaning.catch_up(connection) if self._meaning else []
            marks = {p.table: horizon(connection, p) for p in (NETWORKS, DOCUMENTS)}
            generation = marks[DOCUMENTS.table].generation
            if generation != known.marks[DOCUMENTS.table].generation:
                known = self._nothing(generation)
            elif self._meaning is not None and known.voice is None:
                known = _with(self._meaning, known)
            networks = rows_since(connection, NETWORKS, known.marks[NETWORKS.table])
            known.networks.learn((row["id"], row["content"]) for row in networks)
            rows = [
                row
                for row in rows_since(connection, DOCUMENTS, known.marks[DOCUMENTS.table])
                if row["version"] != known.versions.get(row["id"])
            ]
        known.index.calibrate(scales)
        self._take_up(known, rows, learnt)
        before, self.known = self.known, replace(known, marks=marks)
        seconds = round(time.perf_counter() - started, 2)
        if before is None or before.index is not known.index:
            _keep_what_is_loaded()
            log.info("the index is filled", communities=len(known.index), seconds=seconds)
        elif before.voice is not known.voice:
            _keep_what_is_loaded()
            log.info("the index knows meaning too", model=known.model, seconds=seconds)

    def _take_up(self, known: Known, rows: Sequence[Row], learnt: Sequence[str]) -> None:
        if known.voice and learnt:
            known.voice.learn(learnt)
            known.index.refresh()
        if rows:
            known.index.put_many(as_document(row) for row in rows)
            known.versions.update((row["id"], row["version"]) for row in rows)
            latest = max(row["at"] for row in rows)
            self.indexed_through = max(latest, self.indexed_through or "")

    def _nothing(self, generation: int) -> Known:
        networks = Networks()
        mark = Mark(generation, _FIRST)
        voice = self._meaning.voice() if self._meaning else None
        index = Index(voices=[voice] if voice else [])
        marks = {"documents": mark, "networks": mark}
        model = self._meaning.name if self._meaning else None
        return Known(index, networks, {}, marks, voice, model)

    def _run(self, database: Database, model: Path | None) -> None:
        """Words first, so that they serve at once; with meaning when the model is there."""
        loaded = False
        while True:
            try:
                self.catch_up(database)
                if not loaded:
                    self.load(model)
                    loaded = True
            except DBAPIError as error:
                log.warning("the index waits for the database", why=str(error.orig)[:200])
                time.sleep(1)
            except Exception:
                log.exception("the index could not be brought up to date, trying again")
                time.sleep(1)
            time.sleep(_LOOK_SECONDS)


def _with(meaning: Meaning, known: Known) -> Known:
    voice = meaning.voice()
    known.index.join(voice)
    return replace(known, voice=voice, model=meaning.name)


def _keep_what_is_loaded() -> None:
    """Looking through it for garbage would stop the process for tenths of a second, often."""
    gc.enable()
    gc.collect()
    gc.freeze()


def as_document(row: Row) -> Document:
    content: dict[str, Any] = row["content"]
    lists = ("topics", "sectors", "networks", "successors")
    return Document(id=row["id"], **(content | {name: tuple(content[name]) for name in lists}))
