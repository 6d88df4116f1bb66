"""The worker's part: vectors made in the background, a few at a time, at low priority."""

import os
import threading
from pathlib import Path

import structlog

from services.discovery.follower import as_document
from services.discovery.meaning.encoder import Encoder
from services.discovery.meaning.files import ModelRefusedError, read_model
from services.discovery.meaning.store import forget_all_but, missing, write_vectors
from services.discovery.meaning.text import key_of, text_of
from services.discovery.projections.registry import DOCUMENTS
from shared.database import Database
from shared.projection.follow import Mark, horizon, rows_since
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import load_rows

log = structlog.get_logger()
_BATCH = 16  # about half a second's work: as much as is lost, or waited for, at a stop
_NICE = 10
_FIRST = -(2**62)  # before any mark


class Computing:
    """Follows the communities' texts and sees to it that each has a vector.

    Only one process of a service's replicas does so at a time: see its lease.
    """

    def __init__(self, database: Database, folder: Path | None) -> None:
        self._database, self._folder = database, folder
        self._encoder: Encoder | None = None
        self._refused = False
        self._mark = Mark(0, _FIRST)
        self._waiting: dict[str, str] = {}  # the hash of a text without vector, one who has it

    @property
    def encoder(self) -> Encoder | None:
        """The model, once it is loaded; None for good where it was refused."""
        return self._encoder

    def step(self) -> bool:
        """Look for texts without a vector, and make some vectors; whether there were any."""
        encoder = self._loaded()
        if encoder is None:
            return False
        self._look(encoder.id)
        self._make(encoder)
        return bool(self._waiting)

    def _loaded(self) -> Encoder | None:
        if self._encoder is None and not self._refused:
            # A thread's own niceness: what else this process does goes first, and so do others.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
            try:
                self._encoder = Encoder(read_model(self._folder))
            except ModelRefusedError as error:
                self._refused = True
                log.error("no likeness of meaning: words alone serve", why=str(error))
                return None
            log.info("the sentence model is loaded", model=self._encoder.name, id=self._encoder.id)
        return self._encoder

    def _look(self, model: str) -> None:
        """Take up the texts that changed since last time; all of them the first time."""
        with self._database.read() as connection:
            generation = active(connection, FOLLOWED)
            first = generation != self._mark.generation
            since = Mark(generation, _FIRST) if first else self._mark
            at = horizon(connection, DOCUMENTS)
            rows = rows_since(connection, DOCUMENTS, since)
            texts = {key_of(text_of(as_document(row))): row["id"] for row in rows}
            lacking = missing(connection, list(texts), model)
        self._waiting |= {name: texts[name] for name in lacking}
        if first and texts:
            self._forget(set(texts))
        if at.generation == generation:
            self._mark = at

    def _make(self, encoder: Encoder) -> None:
        """Make vectors of some texts that wait; one whose text has changed waits no more."""
        chosen = dict(list(self._waiting.items())[:_BATCH])
        if not chosen:
            return
        with self._database.read() as connection:
            rows = load_rows(connection, DOCUMENTS, self._mark.generation, set(chosen.values()))
        texts = {key_of(text): text for text in (text_of(as_document(r)) for r in rows.values())}
        made = {name: encoder.encode(texts[name]) for name in chosen if name in texts}
        if made:
            with self._database.write() as connection:
                write_vectors(connection, made, encoder.id)
        for name in chosen:
            del self._waiting[name]

    def _forget(self, wanted: set[str]) -> None:
        with self._database.write() as connection:
            if gone := forget_all_but(connection, wanted):
                log.info("vectors of texts that nobody has any more are gone", vectors=gone)
