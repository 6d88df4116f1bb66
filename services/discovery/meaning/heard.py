"""Meaning in the web process: the model, the vectors in memory, and how they follow the table."""

from dataclasses import dataclass
from pathlib import Path

import structlog

from services.discovery.meaning.encoder import Encoder
from services.discovery.meaning.files import ModelRefusedError, read_model
from services.discovery.meaning.store import START, horizon, vectors_since
from services.discovery.meaning.vectors import Vectors
from services.discovery.meaning.voice import Asked, MeaningVoice
from shared.connection import Connection

log = structlog.get_logger()


@dataclass
class Meaning:
    """The vectors that the web process has, up to a mark of the table."""

    asked: Asked
    vectors: Vectors
    mark: int = START

    @property
    def name(self) -> str:
        """What the model is called."""
        return self.asked.name

    def voice(self) -> MeaningVoice:
        """Give a voice for a new index."""
        return MeaningVoice(self.vectors, self.asked)

    def catch_up(self, connection: Connection) -> list[str]:
        """Take up the vectors written since last time; gives the hashes of the new ones."""
        mark = horizon(connection)
        new = self.vectors.add(vectors_since(connection, self.mark, self.asked.id))
        self.mark = mark
        return new


def load(folder: Path | None) -> Meaning | None:
    """Load the model, the operator's or the packaged one; None, and said so, where refused."""
    try:
        encoder = Encoder(read_model(folder))
    except ModelRefusedError as error:
        log.error("no likeness of meaning: words alone serve", why=str(error))
        return None
    log.info("the sentence model is loaded", model=encoder.name, id=encoder.id)
    return by(encoder)


def by(encoder: Encoder) -> Meaning:
    """Meaning as a model that is loaded already has it; no vector is known yet."""
    return Meaning(Asked(encoder), Vectors(encoder.dimensions))
